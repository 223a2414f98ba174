/** How long the server may be silent before a request is given up, in milliseconds. */
export const PATIENCE = 15_000;

/**
 * `fetch` that fails when nothing comes for too long, as on a network that swallows what it is given: without it a browser
 * waits for minutes, and the page with it. A long answer over a slow network is no silence.
 */
export const fetchWithPatience: typeof fetch = async (input, init) => {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new DOMException('The server is silent.', 'TimeoutError'));
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
