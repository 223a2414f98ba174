import type { Page } from '@playwright/test';

/** An answer of the server that is on its way for as long as the test likes. */
export interface Held {
  /** The server has answered. */
  answered: Promise<void>;
  /** Lets the page have it, and waits until it does. */
  release: () => Promise<void>;
}

/** Holds back the answer to the next operation of this name that the page asks for. */
export async function hold(page: Page, operation: string): Promise<Held> {
  let release = () => {};
  let answer = () => {};
  let deliver = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const delivered = new Promise<void>((resolve) => (deliver = resolve));
  let taken = false;
  await page.route('**/graphql', async (route) => {
    if (taken || route.request().postDataJSON()?.operationName !== operation) return route.fallback();
    taken = true;
    const response = await route.fetch();
    answer();
    await released;
    await route.fulfill({ response });
    deliver();
  });
  return { answered, release: () => (release(), delivered) };
}

/** Waits until the page has been told of something on its socket. To be called before it loads. */
export function toldOf(page: Page): (what: string) => Promise<void> {
  const frames: string[] = [];
  let wake = () => {};
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      frames.push(String(payload));
      wake();
    }),
  );
  return async (what) => {
    while (!frames.some((frame) => frame.includes(what))) await new Promise<void>((resolve) => (wake = resolve));
  };
}
