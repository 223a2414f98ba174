// Documents of an application that uses Relay. Only relay-compiler reads this file.
/* global graphql */

export const page = graphql`
  query conversationsQuery($first: Int!, $after: String) {
    me {
      ...conversations_user @arguments(first: $first, after: $after)
      ...conversations_account
    }
    models {
      id
      provider
      isDefault
    }
  }
`;

export const list = graphql`
  fragment conversations_user on User
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "conversationsPageQuery") {
    conversations(first: $first, after: $after) @connection(key: "conversations_conversations") {
      totalCount
      edges {
        node {
          ...conversations_row
        }
      }
    }
  }
`;

export const row = graphql`
  fragment conversations_row on Conversation @refetchable(queryName: "conversationsRowQuery") {
    id
    title
    updatedAt
  }
`;

export const messages = graphql`
  fragment conversations_messages on Conversation
  @argumentDefinitions(last: { type: "Int", defaultValue: 20 }, before: { type: "String" })
  @refetchable(queryName: "conversationsMessagesQuery") {
    messages(last: $last, before: $before) @connection(key: "conversations_messages") {
      edges {
        node {
          ...conversations_message
        }
      }
    }
  }
`;

export const tree = graphql`
  fragment conversations_tree on Conversation
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "conversationsTreeQuery") {
    tree(first: $first, after: $after) @connection(key: "conversations_tree") {
      edges {
        node {
          ...conversations_message
        }
      }
    }
  }
`;

export const message = graphql`
  fragment conversations_message on Message @refetchable(queryName: "conversationsMessageQuery") {
    id
    role
    status
    content
    createdAt
    error {
      code
      message
    }
    usage {
      inputTokens
      outputTokens
    }
  }
`;

export const account = graphql`
  fragment conversations_account on User
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "conversationsAccountQuery") {
    name
    email
    sessions {
      ...conversations_session
    }
    accessTokens {
      ...conversations_token
    }
    securityEvents(first: $first, after: $after) @connection(key: "conversations_securityEvents") {
      edges {
        node {
          ...conversations_event
        }
      }
    }
  }
`;

export const search = graphql`
  fragment conversations_search on User
  @argumentDefinitions(query: { type: "String!" }, first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "conversationsSearchQuery") {
    search(query: $query, first: $first, after: $after) @connection(key: "conversations_search") {
      complete
      edges {
        node {
          conversation {
            ...conversations_row
          }
          message {
            ...conversations_message
          }
          snippet {
            text
            matched
          }
        }
      }
    }
  }
`;

export const session = graphql`
  fragment conversations_session on Session @refetchable(queryName: "conversationsSessionQuery") {
    current
    lastSeenAt
  }
`;

export const token = graphql`
  fragment conversations_token on AccessToken @refetchable(queryName: "conversationsTokenQuery") {
    name
    scopes
    expiresAt
  }
`;

export const event = graphql`
  fragment conversations_event on SecurityEvent @refetchable(queryName: "conversationsEventQuery") {
    kind
    at
    address
  }
`;

export const create = graphql`
  mutation conversationsCreateMutation($input: CreateConversationInput!, $connections: [ID!]!) {
    createConversation(input: $input) {
      conversation @prependNode(connections: $connections, edgeTypeName: "ConversationEdge") {
        ...conversations_row
      }
    }
  }
`;

export const remove = graphql`
  mutation conversationsDeleteMutation($input: DeleteConversationInput!, $connections: [ID!]!) {
    deleteConversation(input: $input) {
      deletedId @deleteRecord @deleteEdge(connections: $connections)
    }
  }
`;

export const revoke = graphql`
  mutation conversationsRevokeMutation($input: RevokeSessionInput!) {
    revokeSession(input: $input) {
      revokedId @deleteRecord
    }
  }
`;

export const send = graphql`
  mutation conversationsSendMutation($input: SendMessageInput!, $connections: [ID!]!) {
    sendMessage(input: $input) {
      message @appendNode(connections: $connections, edgeTypeName: "MessageEdge") {
        ...conversations_message
      }
      reply @appendNode(connections: $connections, edgeTypeName: "MessageEdge") {
        ...conversations_message
      }
    }
  }
`;

export const follow = graphql`
  subscription conversationsReplySubscription($messageId: ID!, $after: String) {
    reply(messageId: $messageId, after: $after) {
      __typename
      cursor
      ... on ReplySnapshot {
        text
        attempt
      }
      ... on ReplyDelta {
        text
      }
      ... on ReplyFinished {
        message {
          ...conversations_message
        }
      }
    }
  }
`;
