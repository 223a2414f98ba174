import { expect, type Page } from '@playwright/test';

/** Records every text that the last reply has shown, however short, also across reloads. */
export class Witness {
  readonly seen: string[] = [];

  static async of(page: Page): Promise<Witness> {
    const witness = new Witness();
    await page.exposeFunction('witness', (text: string) => witness.seen.push(text));
    await page.addInitScript(observe);
    await page.evaluate(observe);
    return witness;
  }

  /** Checks that each text was the beginning of `text`, so that no word was repeated or wrong. */
  sawNothingBut(text: string): void {
    expect(this.seen.length).toBeGreaterThan(2);
    for (const shown of this.seen) expect(text.startsWith(shown.trimEnd()), `“${shown}” is not its beginning`).toBe(true);
  }

  /** Checks that the text never became shorter. */
  sawItGrow(): void {
    const shrunk = this.seen.findIndex((shown, index) => shown.trimEnd().length < (this.seen[index - 1] ?? '').trimEnd().length);
    expect(this.seen[shrunk], 'it became shorter').toBeUndefined();
  }
}

function observe(): void {
  let last: string | undefined;
  new MutationObserver(() => {
    const text = [...document.querySelectorAll('.reply .markdown')].at(-1)?.textContent ?? undefined;
    if (text !== undefined && text !== last) (globalThis as unknown as { witness: (text: string) => void }).witness((last = text));
  }).observe(document, { childList: true, characterData: true, subtree: true });
}
