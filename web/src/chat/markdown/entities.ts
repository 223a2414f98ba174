const decoder = document.createElement('textarea');

/** Decodes character references such as `&amp;`. A textarea holds only text, so nothing in it can run. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) => {
    decoder.innerHTML = entity;
    return decoder.value;
  });
}
