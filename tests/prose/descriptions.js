/** Blanks everything in an SDL except the descriptions, so that every character keeps its line and column. */
export function descriptions(sdl) {
  let masked = '';
  let end = 0;
  for (const match of sdl.matchAll(/"""([^]*?)"""/g)) {
    const start = match.index + 3;
    masked += blank(sdl.slice(end, start)) + match[1].replaceAll('\t', ' ');
    end = start + match[1].length;
  }
  return masked + blank(sdl.slice(end));
}

function blank(text) {
  return text.replace(/[^\n]/g, ' ');
}
