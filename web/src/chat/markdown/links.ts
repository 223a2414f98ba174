/** URL schemes that a link in a reply may have. */
const SAFE = new Set(['http:', 'https:', 'mailto:']);

/** Returns the link if it is safe, unlike `javascript:`. */
export function safeHref(href: string): string | undefined {
  try {
    return SAFE.has(new URL(href).protocol) ? href : undefined;
  } catch {
    return undefined; // relative: a model cannot mean an address of this site
  }
}

/** Returns the address of a page on the web; `undefined` for every other scheme. */
export function webUrl(href: string): URL | undefined {
  const url = safeHref(href) && new URL(href);
  return url && url.protocol !== 'mailto:' ? url : undefined;
}
