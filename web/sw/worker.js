// The shell without network: pages and their parts, never data. Filled in by sw/plugin.ts at build.
const VERSION = "__VERSION__";
const SHELL = __SHELL__;

const CACHE = `shell-${VERSION}`;
/** Longest wait for the network before a page is taken from the cache. */
const PAGE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

/** The version before stays: pages that are open still load their later parts from it. */
async function dropOld() {
  const names = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== CACHE);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (!url.pathname.startsWith("/api/")) event.respondWith(page(request));
  } else if (url.pathname.startsWith("/assets/") || SHELL.includes(url.pathname)) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((found) => found ?? fetch(request)));
  }
});

/** The network's page while there is one, so that a new version is seen at the next load. */
async function page(request) {
  const kept = await caches.match("/index.html", { ignoreVary: true });
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PAGE_MS));
  return Promise.race([fetch(request).then((fresh) => (fresh.ok ? fresh : kept)), late]).catch(() => kept);
}
