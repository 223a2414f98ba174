const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The beginning of a text: at most `longest` Unicode scalar values, as the server counts them, cut between what people see as
 * characters. So no flag, no family and no skin tone is split.
 */
export function beginning(text: string, longest: number): string {
  let end = 0;
  let length = 0;
  for (const { segment } of segmenter.segment(text)) {
    length += [...segment].length;
    if (length > longest) break;
    end += segment.length;
  }
  return text.slice(0, end);
}
