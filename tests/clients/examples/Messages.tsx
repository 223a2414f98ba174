import { graphql, useLazyLoadQuery, usePaginationFragment } from 'react-relay';
import type { MessagesPageQuery } from './__generated__/MessagesPageQuery.graphql.ts';
import type { MessagesQuery } from './__generated__/MessagesQuery.graphql.ts';
import type { Messages_conversation$key } from './__generated__/Messages_conversation.graphql.ts';

/** A conversation's messages, with a button that loads the next page. */
export function Conversation({ id, first }: { id: string; first: number }) {
  const data = useLazyLoadQuery<MessagesQuery>(
    graphql`
      query MessagesQuery($id: ID!, $first: Int!) {
        conversation(id: $id) { ...Messages_conversation @arguments(first: $first) }
      }
    `,
    { id, first },
  );
  return data.conversation && <Messages conversation={data.conversation} size={first} />;
}

function Messages({ conversation, size }: { conversation: Messages_conversation$key; size: number }) {
  const { data, hasNext, loadNext } = usePaginationFragment<MessagesPageQuery, Messages_conversation$key>(
    graphql`
      fragment Messages_conversation on Conversation
      @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
      @refetchable(queryName: "MessagesPageQuery") {
        messages(first: $first, after: $after) @connection(key: "Messages_messages") {
          edges { node { id content } }
        }
      }
    `,
    conversation,
  );
  return (
    <>
      {data.messages.edges.map(({ node }) => <p key={node.id}>{node.id}</p>)}
      {hasNext && <button onClick={() => loadNext(size)}>More</button>}
    </>
  );
}
