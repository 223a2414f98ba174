import { WebSocket } from 'ws';

// Browsers and Node.js 22 have it; the tests run on Node.js 20 as well.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;
// React's `act` is for tests.
(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
