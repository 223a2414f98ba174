import { expect, scripted as test } from './support/test.ts';

/** Formulas that use every kind of symbol and style. The guard sees whether one is against the policy. */
const MANY = String.raw`\frac{a}{b} \sqrt[3]{x} \overbrace{a+b}^{n} \begin{pmatrix}1&2\\3&4\end{pmatrix} \left(\int_0^1 x\,dx\right) \hat{x}
\xrightarrow{f} \color{red}{x} \fcolorbox{red}{yellow}{A} \boxed{x} \pmb{x} \cancel{x} \mathbb{R} \mathcal{L} \mathfrak{g} \mathscr{S} \rule{1em}{1em}
\begin{array}{|c|c|}\hline a&b\\ \hline\end{array} \href{https://example.com}{x} \includegraphics{https://example.com/x.png} \htmlStyle{color:red}{x} \tag{1}`;

test('formulas are typeset, and copied as source', async ({ page, ada, provider, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const files: string[] = [];
  page.on('request', (request) => files.push(new URL(request.url()).pathname));
  const maths = () => files.filter((file) => /katex/i.test(file));

  await ada.say('Tell me.');
  const answer = await provider.asked();
  answer.say('It costs $5 and $10.\n\n');
  await expect(ada.reply).toHaveText('It costs $5 and $10.');
  answer.say('Let \\(x');
  await expect(ada.reply.getByRole('img', { name: 'Formula…' })).toBeVisible();
  expect(maths()).toEqual([]);
  answer.say('^2\\) and $y$ be:\n\n\\[\nx^2\n= y');
  const typeset = ada.reply.locator('.math .katex');
  await expect(typeset).toHaveCount(2);
  await expect(typeset.first().locator('math')).toContainText('x');
  await expect(ada.reply.getByText('= y'), 'half a formula is not shown').toBeHidden();
  answer.say('\n\\]\n\nBut \\(\\frac{\\) is wrong.');
  answer.end();
  await ada.replyEnded();
  await expect(typeset).toHaveCount(3);
  await expect(ada.reply.locator('.formula .katex-display')).toBeVisible();
  await expect(ada.reply.locator('p').last()).toHaveText('But \\(\\frac{\\) is wrong.');
  expect(maths().some((file) => file.endsWith('.woff2'))).toBe(true);

  const paragraph = ada.reply.locator('p').nth(1);
  await paragraph.evaluate((element) => getSelection()!.selectAllChildren(element));
  await page.keyboard.press('ControlOrMeta+c');
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toBe('Let \\(x^2\\) and $y$ be:');
  await ada.replies.last().getByRole('button', { name: 'Copy', exact: true }).click();
  await expect.poll(copied).toContain('$5 and $10.\n\nLet \\(x^2\\) and $y$ be:');

  await ada.say('All of them.');
  const many = await provider.asked();
  many.say(`$$\n${MANY}\n$$`);
  many.end();
  await ada.replyEnded();
  await expect(ada.reply.locator('.katex-display')).toBeVisible();

  await ada.say('Half of one.');
  const half = await provider.asked();
  half.say('Let \\(x^');
  await expect(ada.reply.getByRole('img', { name: 'Formula…' })).toBeVisible();
  half.breakOff();
  await ada.replyEnded();
  await expect(ada.reply.getByRole('img', { name: 'Formula…' })).toBeHidden();
  await expect(ada.reply.getByText('\\(x^', { exact: true })).toBeVisible();
});
