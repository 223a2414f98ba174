/**
 * Stores the chat page on the device. The page then loads without the network or the server, and waits for them
 * (`chat/session/session.ts`). Only public files are stored; requests to the API do not pass through here.
 *
 * A new version of the page waits until no tab shows the old one, and the old files are kept until then. So a tab that was
 * opened before the server was replaced can still load its remaining parts.
 */
export {}; // makes this a module, so that `self` can be declared
declare const self: ServiceWorkerGlobalScope;

/** Inserted by the build (see `../../serviceWorker.ts`). */
declare const BUILT: { version: string; files: string[] };

/** The document that is served at every address of the chat page. */
const PAGE = '/';
const CACHE = `confab:${BUILT.version}`;

/** Time after which the stored page is shown if the server has not answered, in milliseconds. */
const NETWORK_TIMEOUT = 5_000;

/** Service Worker Static Routing: requests that supporting browsers send without starting the worker. */
interface InstallEvent extends ExtendableEvent {
  addRoutes?(rules: { condition: { urlPattern: { pathname: string } }; source: 'network' }): void;
}

self.addEventListener('install', (event: InstallEvent) => {
  // A request that a page sends while it closes would be lost if it had to wait for the worker.
  event.addRoutes?.({ condition: { urlPattern: { pathname: '/graphql' } }, source: 'network' });
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, ...BUILT.files])));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || request.method !== 'GET') return;
  if (request.mode === 'navigate') {
    if (/^\/(c\/[^/]+)?$/.test(pathname)) event.respondWith(page(request));
  } else if (BUILT.files.includes(pathname)) {
    event.respondWith(file(request));
  }
});

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

/** Returns the server's current page, or the stored one if the server or its proxy does not answer. */
async function page(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(NETWORK_TIMEOUT) });
    if (answer.status < 500) return answer;
  } catch {
    // The server cannot be reached.
  }
  return (await kept(PAGE)) ?? fetch(request);
}

/** Returns a stored file. The content of a file never changes under its name. */
async function file(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetch(request);
}

async function kept(what: Request | string): Promise<Response | undefined> {
  const cache = await caches.open(CACHE);
  return cache.match(what, { ignoreVary: true });
}
