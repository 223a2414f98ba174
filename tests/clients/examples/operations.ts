export const ME = `query Me { me { id name } }`;

export const MESSAGES = `query Messages($conversationId: ID!, $first: Int!, $after: String) {
  conversation(id: $conversationId) {
    id
    messages(first: $first, after: $after) {
      edges { cursor node { id role status content } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

export const SEND_MESSAGE = `mutation SendMessage($input: SendMessageInput!) {
  sendMessage(input: $input) { conversation { id } message { id } reply { id status } }
}`;

/** The document must have the variable `after`, so that the subscription can be resumed. */
export const FOLLOW_REPLY = `subscription FollowReply($messageId: ID!, $after: String) {
  reply(messageId: $messageId, after: $after) {
    __typename
    cursor
    ... on ReplySnapshot { text }
    ... on ReplyDelta { text }
    ... on ReplyFinished { message { id status content } }
  }
}`;

export interface ReplyEvent {
  __typename: string;
  cursor: string;
  text?: string;
  message?: { id: string; status: string; content: string };
}

/** The reply's text after an event: a snapshot replaces what came before, a delta is added to it. */
export function textAfter(text: string, event: ReplyEvent): string {
  return event.__typename === 'ReplySnapshot' ? event.text! : text + (event.text ?? '');
}
