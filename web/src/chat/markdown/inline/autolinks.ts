import { characterAt } from './flanking';
import { matchAt } from './linkTarget';

/** An address in a text, which becomes a link without any markup. */
export interface Autolink {
  start: number;
  end: number;
  href: string;
}

const SCHEME = /(?:^|[^a-z\d])(https?|ftp)$/i;
const WWW = /(?:^|[^\w./-])www$/i;
const HOST = /^[\p{L}\p{N}]/u;
/** Ends before CJK punctuation and typographic quotation marks. */
const ADDRESS = /[^\s<\]\u2018-\u201f\u3000-\u303f\uff00-\uffef]+/y;
const LOCAL_PART = /[\w.+-]{1,64}$/;
const DOMAIN = /[a-z\d_-]+(?:\.[a-z\d_-]*[a-z\d])+(?![\w-])/iy;
const TRAILING = /[?!.,:;*_~'"]+$|&[a-z\d]+;$/i;

/** Longest word before a mark that is searched for a scheme or the local part of an e-mail address. */
const LONGEST = 65;

/** Finds the address around the mark at an index: `:`, `.` or `@`. It starts at `from` or later. */
export function autolink(text: string, index: number, from: number): Autolink | undefined {
  const before = text.slice(Math.max(from, index - LONGEST), index);
  switch (text[index]) {
    case ':': {
      const scheme = text.startsWith('://', index) && SCHEME.exec(before)?.[1];
      return scheme ? address(text, index - scheme.length, index + 3, '') : undefined;
    }
    case '.':
      return WWW.test(before) ? address(text, index - 3, index + 1, 'http://') : undefined;
    default: {
      const local = LOCAL_PART.exec(before)?.[0];
      const domain = local && matchAt(DOMAIN, text, index + 1)?.[0];
      if (!domain) return undefined;
      const end = index + 1 + domain.length;
      const start = index - local.length;
      return { start, end, href: `mailto:${text.slice(start, end)}` };
    }
  }
}

function address(text: string, start: number, hostStart: number, scheme: string): Autolink | undefined {
  if (!HOST.test(characterAt(text, hostStart))) return undefined;
  const end = hostStart + withoutPunctuation(matchAt(ADDRESS, text, hostStart)![0]).length;
  return { start, end, href: scheme + text.slice(start, end) };
}

/** Removes punctuation of the sentence around an address, and closing parentheses that it does not open. */
function withoutPunctuation(address: string): string {
  let surplus = 0;
  for (const character of address) surplus += character === ')' ? 1 : character === '(' ? -1 : 0;
  let end = address.length;
  for (;;) {
    const tail = TRAILING.exec(address.slice(Math.max(0, end - LONGEST), end));
    if (tail) end -= tail[0].length;
    else if (surplus > 0 && address[end - 1] === ')') (surplus -= 1), (end -= 1);
    else return address.slice(0, end);
  }
}
