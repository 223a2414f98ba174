/** Where a link in a reply may lead. */
const SAFE = new Set(['http:', 'https:', 'mailto:']);

/** The address of a link, unless it is one to stay away from, as `javascript:`. */
export function safeHref(href: string): string | undefined {
  try {
    return SAFE.has(new URL(href).protocol) ? href : undefined;
  } catch {
    return undefined; // relative: there is nothing of ours that a model could mean
  }
}
