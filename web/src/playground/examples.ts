import type { ComponentProps } from 'react';
import type { GraphiQL } from 'graphiql';

type Tab = NonNullable<ComponentProps<typeof GraphiQL>['defaultTabs']>[number];

/** Tabs whose `messageId` is the latest reply. */
export const REPLY_TABS: readonly string[] = ['WatchReply', 'StopReply'];

export function replyVariables(messageId: string): string {
  return json({ messageId });
}

/** A tour of the API, with one step per tab. */
export const EXAMPLES: Tab[] = [
  {
    query: `# Welcome! These tabs walk you through a first chat. The
# play button, or Ctrl-Enter, runs a tab.
#
# 1. Create an account. The variables contain a new email
#    and password whenever the page is opened. The page
#    stores the tokens, sends the access token with each
#    operation and refreshes it; the line below the
#    response shows whose it is. If you are signed in on
#    the chat page, you are signed in here too and can
#    start with step 2.

mutation Register($input: RegisterInput!) {
  register(input: $input) {
    accessToken
    refreshToken
    expiresIn # seconds
    user {
      id
      name
      email
    }
  }
}
`,
    variables: json({ input: { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' } }),
  },
  {
    query: `# 2. Send a message. This starts a new conversation. To
#    continue it, add its id as "conversationId" to the
#    input.
#
#    The payload is returned at once: the reply is PENDING
#    and is written from now on. Its id is filled into the
#    next tab: go there and run it. The model "echo"
#    repeats the message word by word. Without "model",
#    the default model replies.

mutation SendMessage($input: SendMessageInput!) {
  sendMessage(input: $input) {
    conversation {
      id
      title
    }
    message {
      id
    }
    reply {
      id
      status
    }
  }
}
`,
    // Long enough that the reply is still in progress when the next tab is opened.
    variables: json({
      input: {
        model: 'echo',
        content:
          'Once there was a server that never lost a word. People cut its cables, and it continued exactly where they had stopped reading. They closed the tab, and when they came back the story was there, a little longer than before. They pulled its plug, and another server told the story from the beginning. They sent the same message five times, because the train was in a tunnel, and it was stored once. They pressed stop, and it stopped, and the next day they could read exactly what they had seen before. In the end they gave up testing and simply talked to it. The server did not mind. It had been built for conversations, it had plenty of time, and it had more than one thing to say about the weather.',
      },
    }),
  },
  {
    query: `# 3. Watch the reply arrive: first a snapshot of the text
#    so far, then deltas that are appended to it, and at
#    the end the finished message. The response shows one
#    event at a time; the list below it shows all of them.
#
#    Closing the subscription does not stop the reply. To
#    resume it, pass the last cursor as "after":
#    reply(messageId: $messageId, after: "…"). The button
#    "Drop connection" makes the page do this.

subscription WatchReply($messageId: ID!) {
  reply(messageId: $messageId) {
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
        id
        status
        content
        error {
          code
          message
        }
      }
    }
  }
}
`,
    variables: replyVariables(''),
  },
  {
    query: `# 4. Read your conversations. If there is more than one
#    page, select pageInfo { hasNextPage endCursor } and
#    pass endCursor as "after".

query MyConversations {
  me {
    name
    conversations(first: 20) {
      nodes {
        id
        title
        messages(last: 20) {
          nodes {
            id
            role
            content
            status
          }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# 5. Stop a reply while it is being written: run
#    SendMessage, then run this tab at once. The text so
#    far is kept, and the status becomes STOPPED. Stopping
#    a finished reply changes nothing.

mutation StopReply($messageId: ID!) {
  stopReply(input: { messageId: $messageId }) {
    message {
      id
      status
      content
    }
  }
}
`,
    variables: replyVariables(''),
  },
  {
    query: `# 6. List the models. Pass an id as "model" to sendMessage.

query Models {
  models {
    id
  }
}
`,
  },
  {
    query: `# 7. Follow the changes on all your devices: run this in
#    one window and SendMessage in another. The first event
#    is Reload: load everything that you show. Every later
#    change follows. To resume, pass the last cursor:
#    changes(after: "…")

subscription WatchChanges {
  changes {
    __typename
    cursor
    ... on ConversationCreated {
      conversation {
        id
        title
      }
    }
    ... on ConversationChanged {
      conversation {
        id
        title
      }
    }
    ... on ConversationDeleted {
      conversationId
    }
    ... on MessageAdded {
      message {
        id
        role
        content
      }
    }
    ... on ReplyEnded {
      message {
        id
        status
        content
      }
    }
  }
}
`,
  },
  {
    query: `# Sign in to an existing account. The variables contain
# the last account registered in this browser tab.

mutation LogIn($input: LogInInput!) {
  logIn(input: $input) {
    accessToken
    refreshToken
    expiresIn
    user {
      id
      name
      email
    }
  }
}
`,
    variables: json({ input: { email: 'ada@example.com', password: 'correct horse battery' } }),
  },
];

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
