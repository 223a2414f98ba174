/** Has the page kept on this device (`serviceWorker/main.ts`), once it stands. Where that cannot or may not be, it does without. */
export function keepPage(): void {
  if (import.meta.env.PROD) addEventListener('load', register);
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register('/service-worker.js');
  } catch {
    // Plain HTTP, a private window, or storage that is forbidden.
  }
}
