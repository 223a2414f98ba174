import katex from 'katex';
import 'katex/dist/katex.min.css';

/**
 * Macros for commands that KaTeX renders with `style` attributes, which the content security policy forbids. A macro must
 * use its first argument: here the colour of the frame, which is left out.
 */
const MACROS = { '\\fcolorbox': '{\\color{#1}}\\colorbox{#2}{#3}', '\\pmb': '\\boldsymbol{#1}' };

/** Typesets a formula. Throws if the formula is wrong. */
export function typeset(tex: string, display: boolean): Node[] {
  const element = document.createElement('span');
  // A copy of the macros, because a formula can define more.
  katex.render(tex, element, { displayMode: display, throwOnError: true, strict: false, maxExpand: 200, maxSize: 20, macros: { ...MACROS } });
  return [...element.childNodes];
}
