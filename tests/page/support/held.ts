import type { Page } from '@playwright/test';

/** A response that the test holds back. */
export interface Held {
  /** Resolves when the server has responded. */
  answered: Promise<void>;
  /** Delivers the response, and waits until the page has it. */
  release: () => Promise<void>;
}

/** Holds back the response to the next operation of this name. */
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

/** Returns a function that waits until the page has received a text on its socket. Must be called before the page loads. */
export function received(page: Page): (what: string) => Promise<void> {
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
