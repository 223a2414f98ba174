import type { ComponentProps } from 'react';
import type { GraphiQL } from 'graphiql';

type Tab = NonNullable<ComponentProps<typeof GraphiQL>['defaultTabs']>[number];

/** Tabs whose `messageId` is that of the latest reply. */
export const REPLY_TABS: readonly string[] = ['WatchReply', 'StopReply'];

export function replyVariables(messageId: string): string {
  return json({ messageId });
}

/** A first walk through the API, one step a tab. */
export const EXAMPLES: Tab[] = [
  {
    query: `# Welcome! These tabs are a first conversation, step by
# step. The play button, or Ctrl-Enter, runs a tab.
#
# 1. Open an account: whenever the page is opened, the
#    variables have a new address and password. The page
#    remembers the tokens, sends the access token along
#    from now on, and refreshes it, as the line below the
#    response tells. Signed in on the chat page? Then you
#    are signed in here, and can begin with step 2.

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
    query: `# 2. Say something. A new conversation begins; to go on
#    with it, add its id as "conversationId" to the input.
#
#    The answer comes at once: the reply is PENDING and
#    being written from now on. Its id is put into the
#    next tab for you: go there and watch. The model
#    "echo" says the message back, word by word; without
#    it somebody answers who listens.

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
    // Long enough that there is still something to watch when the next tab is open.
    variables: json({
      input: {
        model: 'echo',
        content:
          'Once there was a server that never lost a word. People cut its cables, and it went on where they had last heard it. They closed the tab, and when they came back the story was there, a little longer than before. They pulled its plug, and another one told the story from the beginning. They sent the same message five times, since the train was in a tunnel, and it was told once. They said stop, and it stopped, and what they had heard by then was what they could read the next day. In the end they gave up, and simply talked to it. It had been waiting for that all along, for it was a server for talking, and it had a great deal of time, and more than one thing to say about the weather.',
      },
    }),
  },
  {
    query: `# 3. Watch the reply stream in: first a snapshot of the
#    text so far, then what is added to it, in the end
#    the finished message. The response shows one event
#    at a time; the list below it has them all.
#
#    Leaving does not stop the reply. To come back to
#    where you were, add "after" with the last cursor:
#    reply(messageId: $messageId, after: "…"). "Drop the
#    socket" shows it: the page does just this.

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
    query: `# 4. What you have said and heard so far. There is more
#    than a page? Ask for pageInfo { hasNextPage endCursor }
#    and pass the endCursor as "after".

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
#    SendMessage, then come here at once. What has been
#    said is kept, and the status is STOPPED. Stopping a
#    finished reply changes nothing.

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
    query: `# 6. Who can answer? Pass an id as "model" to sendMessage.

query Models {
  models {
    id
  }
}
`,
  },
  {
    query: `# 7. What happens, on all your devices: run this in one
#    window and SendMessage in another. First comes Reload:
#    load what you show, and every later change follows.
#    To come back to where you were, add the last cursor:
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
    query: `# Sign in to an account you have: the variables have the
# one that was registered last in this browser tab.

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
