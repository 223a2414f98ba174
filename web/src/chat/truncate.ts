const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Returns the longest prefix of at most `longest` Unicode scalar values, the unit of the server's limits. It ends at a
 * grapheme boundary, so no flag, family emoji or skin tone is split.
 */
export function truncate(text: string, longest: number): string {
  let end = 0;
  let length = 0;
  for (const { segment } of segmenter.segment(text)) {
    length += [...segment].length;
    if (length > longest) break;
    end += segment.length;
  }
  return text.slice(0, end);
}
