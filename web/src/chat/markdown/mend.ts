import remend from 'remend';

/** The first row of a table; the next line, which says that it is one, has not come yet, or not whole. */
const FIRST_ROW = /^\|.*\S.*(\n[|\s:-]*)?$/;
/** What begins something at the end of a text, and is nothing yet: the mark of an item, of a heading, of a piece of code. */
const BARE_MARK = /(^|\n)[ \t>]*(-{1,2}|={1,2}|\*{1,3}|_{1,2}|\+|\d{1,3}[.)]|#{1,6}|`{1,2}|~{1,2}|\|)[ \t]*$/;
/** What begins something in a line, and stands at the end still. */
const BARE_OPENING = /(^|\s)(?:\*{1,3}|_{1,3}|~~|!?\[)$/;

/**
 * A block that is half written, closed as it will most likely be closed: what is bold is bold from its first letter, and
 * no bare asterisks, brackets and dashes flash up meanwhile.
 */
export function mended(raw: string): string {
  if (FIRST_ROW.test(raw)) return asTable(raw.split('\n')[0]!);
  const begun = raw.replace(BARE_MARK, '$1').replace(BARE_OPENING, '$1');
  return remend(begun, { linkMode: 'text-only', katex: false, comparisonOperators: false, htmlTags: false, singleTilde: false });
}

function asTable(row: string): string {
  const closed = row.replace(/\|?\s*$/, '|');
  const columns = closed.replace(/\\\|/g, '').split('|').length - 2;
  return `${closed}\n${'|-'.repeat(columns)}|`;
}
