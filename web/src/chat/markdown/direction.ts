const FIRST_LETTER = /\p{L}/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/**
 * Which way a list, quotation or table runs, by its first letter. `dir="auto"` does not look into what has a `dir` of its own,
 * as their parts have.
 */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const letter = FIRST_LETTER.exec(text)?.[0];
  return letter && RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr';
}
