/** All texts of the playground, apart from those of GraphiQL and of the examples. */
export const texts = {
  name: 'Confab',

  signedInHere: (name: string) => `Signed in as ${name} on this page`,
  signedInOnChatPage: (name: string) => `Signed in as ${name} on the chat page`,
  restoring: 'Checking whether you’re signed in on the chat page…',
  signedOut: 'Not signed in. Run Register or LogIn, or sign in on the ',
  sessionEnded: 'Your session has ended. Run LogIn, or sign in on the ',
  chatPage: 'chat page',
  tokenNote: 'An Authorization header in the Headers editor takes precedence.',
  someUser: 'the last user',
  signOut: 'Sign out',
  signOutEverywhere: 'Sign out on the chat page too? This deletes drafts and unsent messages on this device.',
  notSignedOut: 'Couldn’t sign out: can’t reach the server.',

  withoutSchema:
    'This server runs in production, where introspection is off. Completion, documentation and the explorer need the schema and are unavailable; operations run as usual. For the schema, use a development server (CONFAB_ENV=development) or the file schema.graphql.',

  unreachable: (reason: string) => `Can’t reach the server: ${reason}`,
  noConnection: 'no connection',
  notJson: (status: string, text: string) => `The server responded with ${status}: ${text}`,
  socketClosed: (code: number, reason: string) => `The server closed the WebSocket with ${code} ${reason}`.trim(),

  copyAsCurl: 'Copy as curl',
  copied: 'Copied. Set TOKEN to an access token before you run it.',
  copyByHand: 'The browser doesn’t allow the page to copy. Copy this:',
  cannotCopy: 'Not copied. Fix the syntax, or select one operation.',

  events: 'Events',
  socket: {
    connecting: 'Connecting…',
    open: 'Connected',
    waiting: 'Disconnected, reconnecting…',
    closed: 'Disconnected',
  },
  closeCode: (code: number, reason: string) => (reason ? `${code} ${reason}` : String(code)),
  resumed: (cursor: string) => `Reconnected, resumed after ${cursor}`,
  resumedWithoutCursor: 'Reconnected, started over: select “cursor” to resume instead',
  dropSocket: 'Drop connection',
  dropSocketNote: 'Cuts the connection, then resumes after the last cursor',
  complete: 'The assembled text equals the finished message: nothing lost, nothing repeated.',
  incomplete: 'The assembled text differs from the finished message.',
  assembled: 'Text so far, assembled from the events',
  newest: (listed: number, events: number) => `The newest ${listed} of ${events} events.`,
};
