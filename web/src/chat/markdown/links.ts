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
