/** Registers the service worker once the page has loaded. It stores the page on this device (`serviceWorker/main.ts`). */
export function registerServiceWorker(): void {
  if (import.meta.env.PROD) addEventListener('load', register);
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register('/service-worker.js');
  } catch {
    // Plain HTTP, a private window, or blocked storage: the page works without it.
  }
}
