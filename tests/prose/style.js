// node style.js FILE…: checks the style of Markdown files and of the descriptions in GraphQL files. Exits with 1 if a file
// violates a rule.
import { readFileSync } from 'node:fs';
import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import prh from 'textlint-rule-prh';
import writeGood from 'textlint-rule-write-good';
import { descriptions } from './descriptions.js';
import sentences from './sentences.js';

const rules = [
  { ruleId: 'sentences', rule: sentences, options: { max: 25 } },
  {
    ruleId: 'words',
    rule: prh.default ?? prh,
    options: { rulePaths: ['words.yml'], checkEmphasis: true, checkLink: true },
  },
  {
    ruleId: 'write-good',
    rule: writeGood.default ?? writeGood,
    // Repeated words, clichés, and "there is" at the start of a sentence. The other checks flag what is often right.
    options: { passive: false, adverb: false, weasel: false, so: false, tooWordy: false },
  },
];
const plugins = [{ pluginId: 'markdown', plugin: markdown.default ?? markdown }];

process.exitCode = 0;
const kernel = new TextlintKernel();
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  const { messages } = await kernel.lintText(file.endsWith('.graphql') ? descriptions(text) : text, {
    filePath: file,
    ext: '.md',
    configBaseDir: import.meta.dirname,
    plugins,
    rules,
  });
  for (const { loc, message, ruleId } of messages) {
    console.error(`${file}:${loc.start.line}:${loc.start.column} ${message.replaceAll(/\s+/g, ' ')} (${ruleId})`);
    process.exitCode = 1;
  }
}
