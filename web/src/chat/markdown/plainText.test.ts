import { expect, test, vi } from 'vitest';
import { plainText } from './plainText';

// Decoding entities needs a browser.
vi.mock('./entities', () => ({ decodeEntities: (text: string) => text.replace('&amp;', '&') }));

test.each([
  ['## A heading\n\nText.', 'A heading\nText.'],
  ['It is **bold**, *lean*, ~~gone~~ and `code`.', 'It is bold, lean, gone and code.'],
  ['See [the **book**](https://x.org) and ![a cat](https://x.org/cat.png).', 'See the book and a cat.'],
  ['- one\n- [x] two\n  1. three', 'one\ntwo\nthree'],
  ['1. one\n\n2. two', 'one\ntwo'],
  ['> A quotation\n> of two lines.', 'A quotation of two lines.'],
  ['| Name | Age |\n|---|---|\n| **Ada** | 36 |', 'Name, Age\nAda, 36'],
  ['```js\nlet x = 1;\n```\n\nThat is it.', 'let x = 1;\nThat is it.'],
  ['---\n\nR&amp;D  \nand more', 'R&D and more'],
  ['[link][a]\n\n[a]: https://x.org', 'link'],
  ['It is <b>bold</b>.', 'It is <b>bold</b>.'],
  ['<details>\n<summary>**More**</summary>\n\nH<sub>2</sub>O\n\n</details>', 'More\nH2O'],
  ['Let $x$ be\n\n\\[\nx = 1\n\\]', 'Let x be\nx = 1'],
  ['', ''],
])('%j is read out as %j', (markdown, plain) => expect(plainText(markdown)).toBe(plain));
