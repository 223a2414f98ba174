/** The address and title of a link, and the index after them. */
export interface Target {
  href: string;
  title?: string;
  end: number;
}

const SPACES = /[ \t]*(?:\n[ \t]*)?/y;
const IN_BRACKETS = /<((?:\\[^\n]|[^\\<>\n])*)>/y;
const TITLE = /"((?:\\[^]|[^\\"])*)"|'((?:\\[^]|[^\\'])*)'|\(((?:\\[^]|[^\\()])*)\)/y;
const ESCAPE = /\\([!-/:-@[-`{-~])/g;

/** The deepest nesting of parentheses in an address. Without this limit, `[a](b` repeated would take quadratic time. */
const DEEPEST = 32;

/** Reads `(address "title")` at an index. */
export function linkTarget(text: string, start: number): Target | undefined {
  let index = after(SPACES, text, start + 1);
  const bracketed = matchAt(IN_BRACKETS, text, index);
  const hrefEnd = bracketed ? index + bracketed[0].length : addressEnd(text, index);
  if (hrefEnd === undefined) return undefined;
  const href = bracketed ? bracketed[1]! : text.slice(index, hrefEnd);

  index = after(SPACES, text, hrefEnd);
  const title = index > hrefEnd ? matchAt(TITLE, text, index) : undefined;
  if (title) index = after(SPACES, text, index + title[0].length);
  if (text[index] !== ')') return undefined;
  return { href: unescape(href), title: title && unescape(title[1] ?? title[2] ?? title[3]!), end: index + 1 };
}

/** Returns the end of an address: a space or a parenthesis that it does not open. */
function addressEnd(text: string, start: number): number | undefined {
  if (text[start] === '<') return undefined;
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const character = text[index]!;
    if (character === '\\') index++;
    else if (character <= ' ') return depth === 0 ? index : undefined;
    else if (character === '(' && ++depth > DEEPEST) return undefined;
    else if (character === ')' && --depth < 0) return index;
  }
  return undefined;
}

function unescape(text: string): string {
  return text.replace(ESCAPE, '$1');
}

export function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text) ?? undefined;
}

function after(pattern: RegExp, text: string, index: number): number {
  return index + matchAt(pattern, text, index)![0].length;
}
