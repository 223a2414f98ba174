import { split, SentenceSplitterSyntax } from 'sentence-splitter';
import { StringSource } from 'textlint-util-to-string';

/** Sentences that open with a clause as their subject: "What is refused costs 1." */
const CLAUSE = /^(?:What(?:ever)?|Who(?:ever|se)?|How|Why)\b[^?]*$/;

/** A textlint rule: sentences have at most `max` words, and begin with their subject. */
export default function sentences({ Syntax, RuleError, report, locator }, { max }) {
  function check(node) {
    const source = new StringSource(node, { replacer: maskCode });
    for (const sentence of split(source.toString())) {
      if (sentence.type !== SentenceSplitterSyntax.Sentence) continue;
      const padding = { padding: locator.at(source.originalIndexFromIndex(sentence.range[0]) ?? 0) };
      const words = sentence.raw.match(/[\p{L}\p{N}][\p{L}\p{N}'’_.-]*/gu) ?? [];
      if (words.length > max) {
        report(node, new RuleError(`The sentence has ${words.length} words. Split it: at most ${max}.`, padding));
      }
      if (CLAUSE.test(sentence.raw.trim())) {
        report(node, new RuleError(`Begin with a noun or a verb, not with "${sentence.raw.trim().split(/\s/)[0]}".`, padding));
      }
    }
  }
  return { [Syntax.Paragraph]: check, [Syntax.TableCell]: check };

  /** Code counts as one word, and its full stops end no sentence. */
  function maskCode({ node, maskValue }) {
    return node.type === Syntax.Code ? maskValue('x') : undefined;
  }
}
