/**
 * Makes the styles that libraries create at run time comply with the content security policy. Must run before them.
 *
 * The policy allows style elements with the page's nonce, and styles set through the CSSOM, but no style attributes in
 * markup. The editor creates style elements without a nonce, and renders lines from markup with style attributes. So
 * style elements get the nonce, and style attributes are removed from the markup and set through the CSSOM.
 */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;

const createElement = document.createElement;
document.createElement = function (this: Document, name: string, options?: ElementCreationOptions) {
  const element = createElement.call(this, name, options);
  if (nonce && element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
} as typeof createElement;

const innerHTML = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML')!;
Object.defineProperty(Element.prototype, 'innerHTML', {
  ...innerHTML,
  set(this: Element, markup: unknown) {
    innerHTML.set!.call(this, setStylesAside(markup));
    applyStyles(this);
  },
});

const insertAdjacentHTML = Element.prototype.insertAdjacentHTML;
Element.prototype.insertAdjacentHTML = function (position, markup) {
  insertAdjacentHTML.call(this, position, setStylesAside(markup));
  // The new elements may be siblings of this one.
  applyStyles(this.parentNode ?? this);
};

const ASIDE = 'data-style-aside';

/** Matches only inside tags: text that the user has typed is escaped and contains no `<`. */
const STYLE_IN_TAG = /(<[a-z][^<>]*?\s)style=/gi;

function setStylesAside(markup: unknown): string {
  return String(markup).replace(STYLE_IN_TAG, `$1${ASIDE}=`);
}

function applyStyles(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement | SVGElement>(`[${ASIDE}]`)) {
    element.style.cssText = element.getAttribute(ASIDE) ?? '';
    element.removeAttribute(ASIDE);
  }
}

export {};
