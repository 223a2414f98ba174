import remend from 'remend';

/** The first row of a table whose delimiter row is missing or incomplete. */
const FIRST_ROW = /^\|.*\S.*(\n[|\s:-]*)?$/;
/** A block marker at the end of a text, without content: of a list item, a heading or a code block. */
const BARE_MARK = /(^|\n)[ \t>]*(-{1,2}|={1,2}|\*{1,3}|_{1,2}|\+|\d{1,3}[.)]|#{1,6}|`{1,2}|~{1,2}|\|)[ \t]*$/;
/** An inline marker at the end of a text, without content. */
const BARE_OPENING = /(^|\s)(?:\*{1,3}|_{1,3}|~~|!?\[)$/;

/**
 * Closes the markup of a half-written block. Bold text is bold from its first letter, and no bare asterisks, brackets or
 * dashes appear meanwhile.
 */
export function autoClosed(raw: string): string {
  if (FIRST_ROW.test(raw)) return asTable(raw.split('\n')[0]!);
  const trimmed = raw.replace(BARE_MARK, '$1').replace(BARE_OPENING, '$1');
  return remend(trimmed, { linkMode: 'text-only', katex: false, comparisonOperators: false, htmlTags: false, singleTilde: false });
}

function asTable(row: string): string {
  const closed = row.replace(/\|?\s*$/, '|');
  const columns = closed.replace(/\\\|/g, '').split('|').length - 2;
  return `${closed}\n${'|-'.repeat(columns)}|`;
}
