const FIRST_LETTER = /\p{L}/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/**
 * Returns the direction of a list, quotation or table by its first letter. `dir="auto"` would ignore their parts, because
 * these have a `dir` of their own.
 */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const letter = FIRST_LETTER.exec(text)?.[0];
  return letter && RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr';
}
