import type { Person } from './person.ts';
import type { Server } from './server.ts';

/** The GraphQL API without a page, to prepare data for a test. */
export class Api {
  private constructor(
    readonly server: Server,
    readonly token: string,
  ) {}

  static async of(server: Server, { email, password }: Person): Promise<Api> {
    const query = 'mutation($input: LogInInput!) { logIn(input: $input) { accessToken } }';
    const data = await post(server, query, { input: { email, password } });
    return new Api(server, data.logIn.accessToken);
  }

  ask(query: string, variables: object = {}): Promise<any> {
    return post(this.server, query, variables, this.token);
  }

  /** Creates conversations, of which the last is the newest. */
  async converse(...titles: string[]): Promise<string[]> {
    const ids: string[] = [];
    for (const title of titles) {
      const query = 'mutation($title: String!) { createConversation(input: { title: $title }) { conversation { id } } }';
      ids.push((await this.ask(query, { title })).createConversation.conversation.id);
    }
    return ids;
  }

  /** Sends a message, and waits for the reply. */
  async say(content: string, conversationId?: string, model = 'echo'): Promise<string> {
    const query = `mutation($content: String!, $id: ID, $model: String) {
      sendMessage(input: { conversationId: $id, content: $content, model: $model }) { conversation { id } reply { id } } }`;
    const { conversation, reply } = (await this.ask(query, { content, id: conversationId, model })).sendMessage;
    for (;;) {
      const { node } = await this.ask('query($id: ID!) { node(id: $id) { ... on Message { finishedAt } } }', reply);
      if (node.finishedAt) return conversation.id;
    }
  }
}

async function post(server: Server, query: string, variables: object, token?: string): Promise<any> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as any;
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
