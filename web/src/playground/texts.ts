/** All words of the playground, apart from those of GraphiQL and of the examples. */
export const texts = {
  name: 'Confab',

  signedInHere: (name: string) => `Signed in as ${name}, by this page`,
  signedInOnChatPage: (name: string) => `Signed in as ${name}, on the chat page`,
  restoring: 'Checking whether you are signed in on the chat page…',
  signedOut: 'Not signed in. Run Register or LogIn, or sign in on the ',
  sessionEnded: 'The session has ended. Run LogIn, or sign in on the ',
  chatPage: 'chat page',
  tokenNote: 'An Authorization header of your own takes precedence.',
  someUser: 'the user of the last sign-in',
  signOut: 'Sign out',
  signOutEverywhere: 'Sign out on the chat page, too? This deletes drafts and unsent messages on this device.',
  notSignedOut: 'You are still signed in, because the server cannot be reached.',

  withoutSchema:
    'This server runs in production, where introspection is off. So there is no schema here: no completion, no documentation, no explorer. Operations run as usual. A development server has the schema (CONFAB_ENV=development), and so has the file schema.graphql.',

  unreachable: (reason: string) => `The server cannot be reached: ${reason}`,
  noConnection: 'there is no connection',
  notJson: (status: string, text: string) => `The server answered ${status}: ${text}`,
  socketClosed: (code: number, reason: string) => `The server closed the socket with ${code} ${reason}`.trim(),

  copyAsCurl: 'Copy as curl',
  copied: 'Copied. Set TOKEN to an access token before you run it.',
  copyByHand: 'The browser does not let the page copy. Copy this:',
  cannotCopy: 'Not copied: choose one operation, and mend its syntax first.',

  events: 'Events',
  socket: {
    connecting: 'Socket connecting…',
    open: 'Socket open',
    waiting: 'Socket closed, connecting again…',
    closed: 'Socket closed',
  },
  closeCode: (code: number, reason: string) => (reason ? `${code} ${reason}` : String(code)),
  resumed: (cursor: string) => `Socket open again, going on after ${cursor}`,
  resumedWithoutCursor: 'Socket open again, from the beginning: select “cursor” to go on where you were',
  dropSocket: 'Drop the socket',
  dropSocketNote: 'Breaks the connection off, and goes on after the last cursor',
  complete: 'The gathered text is the finished message, to the letter: nothing is lost, nothing is doubled.',
  incomplete: 'The gathered text is not the finished message.',
  gathered: 'Text so far, gathered from the events',
  newest: (listed: number, events: number) => `The newest ${listed} of ${events} events.`,
};
