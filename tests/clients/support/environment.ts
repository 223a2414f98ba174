import { WebSocket } from 'ws';

// Browsers and Node.js 22 have it, but the tests also run on Node.js 20.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;
// Enables React's `act`.
(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
