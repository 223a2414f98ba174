import { ask, type SubscribeClient } from './follow.ts';

/** A message as the adapters use it. */
export interface Message {
  id: string;
  role: 'USER' | 'ASSISTANT';
  status: 'PENDING' | 'STREAMING' | 'COMPLETED' | 'STOPPED' | 'FAILED';
  createdAt: string;
  finishReason: 'STOP' | 'LENGTH' | 'CONTENT_FILTER' | null;
  error: { code: string; message: string } | null;
  parent: { id: string } | null;
  alternatives: { id: string }[];
  parts: Part[];
}

/** A part of a message, or an addition to one. The text of a source is its URL. */
export interface Part {
  index: number;
  /** `TextPart` for a part, `PartDelta` for an addition. */
  __typename: string;
  /** Only additions have a kind. */
  kind?: 'TEXT' | 'REASONING' | 'SOURCE';
  text: string;
  title?: string | null;
}

export interface PartsEvent {
  __typename: 'ReplySnapshot' | 'ReplyDelta' | 'ReplyFinished';
  cursor: string;
  parts?: Part[];
  message?: Message;
}

const PARTS = `fragment Parts on MessagePart {
  __typename index ... on TextPart { text } ... on ReasoningPart { text } ... on SourcePart { text: url title }
}`;
const MESSAGE = `fragment Message on Message {
  id role status createdAt finishReason error { code message } parent { id } alternatives { id } parts { ...Parts }
} ${PARTS}`;

export const FOLLOW_PARTS = `subscription FollowParts($messageId: ID!, $after: String) {
  reply(messageId: $messageId, after: $after, parts: [REASONING, TEXT, SOURCE]) {
    __typename
    cursor
    ... on ReplySnapshot { parts { ...Parts } }
    ... on ReplyDelta { parts { __typename index kind text title: name } }
    ... on ReplyFinished { message { ...Message } }
  }
} ${MESSAGE}`;

export const HEAD = `query Head($id: ID!) { conversation(id: $id) { head { ...Message } } } ${MESSAGE}`;

export const SEND = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) { conversation { id } message { ...Message } reply { ...Message } }
} ${MESSAGE}`;

export const REGENERATE = `mutation Regenerate($input: RegenerateReplyInput!) {
  regenerateReply(input: $input) { reply { ...Message } }
} ${MESSAGE}`;

export const SWITCH_BRANCH = `mutation SwitchBranch($input: SwitchBranchInput!) { switchBranch(input: $input) { head { id } } }`;

export const STOP_REPLY = `mutation StopReply($input: StopReplyInput!) { stopReply(input: $input) { message { id } } }`;

/** Loads all messages: those of the active branch with `messages`, those of all branches with `tree`. */
export async function loadMessages(client: SubscribeClient, conversationId: string, list: 'messages' | 'tree') {
  const query = `query Load($id: ID!, $after: String) {
    conversation(id: $id) {
      head { id }
      list: ${list}(first: 100, after: $after) { nodes { ...Message } pageInfo { hasNextPage endCursor } }
    }
  } ${MESSAGE}`;
  const messages: Message[] = [];
  for (let after: string | undefined; ; ) {
    const { head, list } = (await request(client, query, { id: conversationId, after })).conversation;
    messages.push(...list.nodes);
    if (!list.pageInfo.hasNextPage) return { messages, headId: (head?.id ?? null) as string | null };
    after = list.pageInfo.endCursor;
  }
}

export const isRunning = ({ status }: Message) => status === 'PENDING' || status === 'STREAMING';

/** The kind of a part, by the name that both libraries use. */
export function kindOf({ __typename, kind }: Part) {
  return (kind ?? __typename.replace('Part', '')).toLowerCase() as 'text' | 'reasoning' | 'source';
}

/** The parts of a reply after an event: a snapshot replaces them, a delta adds to them. */
export function partsAfter(parts: Part[], event: PartsEvent): Part[] {
  if (event.__typename === 'ReplySnapshot') return event.parts!;
  const grown = [...parts];
  for (const added of event.parts ?? []) {
    const at = grown.findIndex(({ index }) => index === added.index);
    if (at < 0) grown.push(added);
    else grown[at] = { ...grown[at]!, text: grown[at]!.text + added.text };
  }
  return grown;
}

/** Sends a query or a mutation, and fails with an `Error`. */
export function request(client: SubscribeClient, query: string, variables: Record<string, unknown>): Promise<any> {
  return ask(client, query, variables).catch((reason) => Promise.reject(asError(reason)));
}

/** The transports report an `Error`, a list of GraphQL errors or a close event. */
export function asError(reason: any): Error {
  return reason instanceof Error ? reason : new Error(reason?.[0]?.message ?? 'The connection failed.', { cause: reason });
}
