import { lex, type Block } from './blocks';

/** An incomplete delimiter row of a table. */
const DELIMITER_ROW = /^[|\s:-]*$/;
/** A block marker at the end of a text, without content: of a list item, a heading or a code block. */
const BARE_MARK = /(^|\n)[ \t>]*(-{1,2}|={1,2}|\*{1,3}|_{1,2}|\+|\d{1,3}[.)]|#{1,6}|`{1,2}|~{1,2}|\||<\/?[a-z]{0,7})[ \t]*$/;
/** An inline marker at the end of a text, without content. */
const BARE_OPENING = /(^|\s)(?:\*{1,3}|_{1,3}|~~|!?\[)$/;

/** Longest marker at the end of a text. */
const LONGEST = 100;

/** Blocks whose markup needs no closing. */
const NEEDS_NO_CLOSING = new Set(['code', 'details', 'html', 'space', 'hr']);

/**
 * Closes the markup of the last block of a text that is still growing. Bold text is bold from its first letter, and no bare
 * asterisks, brackets or dashes appear meanwhile.
 */
export function autoClosed(block: Block): Block[] {
  const { raw } = block;
  if (NEEDS_NO_CLOSING.has(block.type)) return [block];
  const [row = '', rest = ''] = splitOnce(raw, '\n');
  if (row.startsWith('|') && row.slice(1).trim() && DELIMITER_ROW.test(rest)) return lex(asTable(row), true);
  const end = raw.slice(-LONGEST);
  return lex(raw.slice(0, -LONGEST) + end.replace(BARE_MARK, '$1').replace(BARE_OPENING, '$1'), true);
}

function splitOnce(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + separator.length)];
}

function asTable(row: string): string {
  const closed = row.replace(/\|?\s*$/, '|');
  const columns = closed.replace(/\\\|/g, '').split('|').length - 2;
  return `${closed}\n${'|-'.repeat(columns)}|`;
}
