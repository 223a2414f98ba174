/** How long the server may be silent before a request is aborted, in milliseconds. */
export const PATIENCE = 15_000;

/**
 * `fetch` that fails when no data arrives for {@link REQUEST_TIMEOUT}. Otherwise a browser waits for minutes on a network
 * that drops packets. Every chunk restarts the timer, so a long response over a slow network does not time out.
 */
export const fetchWithPatience: typeof fetch = async (input, init) => {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new DOMException('The server did not respond in time.', 'TimeoutError'));
  let timer = setTimeout(giveUp, PATIENCE);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, PATIENCE);
  };
  init?.signal?.addEventListener('abort', () => controller.abort(init.signal?.reason));
  try {
    const response = await fetch(input, { ...init, signal: controller.signal });
    heard();
    const listening = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, answer) {
        heard();
        answer.enqueue(piece);
      },
      flush: () => clearTimeout(timer),
    });
    return new Response(response.body?.pipeThrough(listening), response);
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
};
