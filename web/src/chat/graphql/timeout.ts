/** Maximum silence of the server before a request is aborted, in milliseconds. */
export const REQUEST_TIMEOUT = 15_000;

/**
 * `fetch` that fails when no data arrives for {@link REQUEST_TIMEOUT}. Otherwise a browser waits for minutes on a network
 * that drops packets. Every chunk restarts the timer, so a long response over a slow network does not time out.
 */
export const fetchWithTimeout: typeof fetch = async (input, init) => {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The server did not respond in time.', 'TimeoutError'));
  let timer = setTimeout(abort, REQUEST_TIMEOUT);
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(abort, REQUEST_TIMEOUT);
  };
  init?.signal?.addEventListener('abort', () => controller.abort(init.signal?.reason));
  try {
    const response = await fetch(input, { ...init, signal: controller.signal });
    restart();
    const watched = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, output) {
        restart();
        output.enqueue(chunk);
      },
      flush: () => clearTimeout(timer),
    });
    return new Response(response.body?.pipeThrough(watched), response);
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
};
