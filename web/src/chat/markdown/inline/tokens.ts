/** A piece of a paragraph, heading or cell. The types are those of marked, which parses the blocks. */
export interface Inline {
  type: 'text' | 'escape' | 'codespan' | 'br' | 'html' | 'strong' | 'em' | 'del' | 'sub' | 'sup' | 'kbd' | 'math' | 'link' | 'image';
  /** The source; of an element with `tokens`, only its opening marker. */
  raw: string;
  text: string;
  tokens?: Inline[];
  href?: string;
  title?: string;
  /** Of a formula: on a line of its own. */
  display?: boolean;
  /** Of a formula: its end has not arrived yet. */
  pending?: boolean;
}

export function textToken(text: string): Inline {
  return { type: 'text', raw: text, text };
}

/** Joins adjacent texts. */
export function joinTexts(tokens: readonly Inline[]): Inline[] {
  const result: Inline[] = [];
  let texts = '';
  for (const token of tokens) {
    if (token.type === 'text') {
      texts += token.text;
      continue;
    }
    if (texts) result.push(textToken(texts));
    texts = '';
    result.push(token);
  }
  if (texts) result.push(textToken(texts));
  return result;
}

/** Returns the text of tokens without their markup. */
export function textOf(tokens: readonly Inline[]): string {
  let text = '';
  for (const token of tokens) text += token.type === 'br' ? ' ' : token.tokens ? textOf(token.tokens) : token.text;
  return text;
}
