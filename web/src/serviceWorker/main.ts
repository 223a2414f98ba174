/**
 * Keeps the chat page on the device: who loads it anew while the network or the server is away gets the page all the
 * same, which waits for them (`chat/session/session.ts`). Only what the server gives to everybody is kept; what people say
 * never passes through here.
 *
 * A new version of the page waits until no tab shows the old one, whose files are kept as long: so a tab that has been
 * open since before the server was replaced still finds the parts that it has not loaded yet.
 */
export {}; // a module, whose `self` is more than that of any worker
declare const self: ServiceWorkerGlobalScope;

/** What was built together with this (see `../../serviceWorker.ts`). */
declare const BUILT: { version: string; files: string[] };

/** The document that stands at every address of the chat page. */
const PAGE = '/';
const CACHE = `confab:${BUILT.version}`;

/** How long the server may take to answer before the page that is kept is shown, in milliseconds. */
const PATIENCE = 5_000;

/** Service Worker Static Routing: what browsers that know it need not ask the worker for. */
interface InstallEvent extends ExtendableEvent {
  addRoutes?(rules: { condition: { urlPattern: { pathname: string } }; source: 'network' }): void;
}

self.addEventListener('install', (event: InstallEvent) => {
  // What a page says as it is closed would go down with it if it had to wait for the worker.
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

/** As the server has it now; as it was when this was installed, if the server or a proxy before it cannot tell. */
async function page(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status < 500) return answer;
  } catch {
    // It is away.
  }
  return (await kept(PAGE)) ?? fetch(request);
}

/** Never changes under its name. */
async function file(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetch(request);
}

async function kept(what: Request | string): Promise<Response | undefined> {
  const cache = await caches.open(CACHE);
  return cache.match(what, { ignoreVary: true });
}
