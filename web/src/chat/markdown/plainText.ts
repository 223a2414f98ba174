import type { Token } from 'marked';
import { lex } from './blocks';
import { decodeEntities } from './entities';

/** Returns the text of Markdown without markup, one block per line, for screen readers. */
export function plainText(markdown: string): string {
  return lex(markdown).map(words).filter(Boolean).join('\n');
}

function words(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'def':
    case 'checkbox':
      return '';
    case 'br':
      return ' ';
    case 'list':
      return token.items.map(words).filter(Boolean).join('\n');
    case 'details':
      return token.end ? '' : inline(token as unknown as { tokens: Token[] });
    case 'list_item':
    case 'blockquote':
      return (token.tokens ?? []).map(words).filter(Boolean).join('\n');
    case 'table':
      return [token.header, ...token.rows].map((row: { tokens: Token[] }[]) => row.map(inline).join(', ')).join('\n');
    case 'math':
      return token.text || token.raw;
    case 'code':
    case 'codespan':
      return token.text;
    case 'html':
      return token.raw.trim();
  }
  if ('tokens' in token && token.tokens) return inline(token as { tokens: Token[] });
  return decodeEntities('text' in token ? token.text : token.raw);
}

function inline({ tokens }: { tokens: Token[] }): string {
  return tokens.map(words).join('').replace(/\s*\n\s*/g, ' ').trim();
}
