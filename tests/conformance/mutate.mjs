import { Lexer, Source } from "graphql";

const WORDS = [/[_A-Za-z0-9]$/, /^[_A-Za-z0-9]/];

const TRIVIA = ["\n", "\t", ",", ", ", " ,, ", "#\n", "# a comment { \" }\n", " \r\n ", "\r", "\ufeff", "  ", "#é😀\n", ",#,\r"];

const TOKENS = [
  "{", "}", "(", ")", "[", "]", ":", "=", "!", "$", "@", "...", "|", "&", "1", "00", "01", "-", "-1", "1.0", "1.", "1.0e", "1e",
  "1e+", "0x1", "1a", "1_", ".5", "-.5", "2147483648", "9007199254740993", "1.5.5", '""', '"x"', '"""block"""', '"""', '"', '"a\nb"', "null", "true", "on",
  "query", "mutation", "subscription", "fragment", "$v0", "$nope", "__typename", "nope", "RED", "[]", "{}", "[1]", "{ a: 1 }",
  "{ a: 1, a: 2 }", "@skip(if: true)", "@include(if: false)", "@include(if: $v0)", "@skip", "@skip(if: 1)", "@nope", "@deprecated",
  "@skip(if: true) @skip(if: true)", "@include(if: true, if: true)", "@include(when: true)", '@specifiedBy(url: "")', "@oneOf",
  "... { __typename }", "... on Query { __typename }", "... on Nope { a }", "... on Colour { a }", "...Nope", "...on", "... @skip(if: true) { __typename }",
  "__typename: nope", "a: __typename", "nope: __typename", "__typename { a }", "{ __typename }", "(a: 1)", "__schema { description }",
  '__type(name: "Query") { name }', '"\\uD83D"', '"\\uDE00\\uD83D"', '"\\uD83D\\u0041"', '"\\u{D83D}"', '"\\u{110000}"', '"\\u{}"', '"\\u{1F600"', '"\\u12"',
  '"\\x"', '"\\u{0000000000041}"', '"\\uD83D\\uDE00"', '"\\u{1F600}"', ";", "?", "`", "'", "%", "\u0000", "\u0007", "\u00a0", "\u2028", "\ufeff", "é", "😀", "..", ". . .", "....",
];

const TAILS = [
  "fragment Unused on Query { __typename }",
  "fragment Loop on Query { ...Loop }",
  "fragment LoopA on Query { ...LoopB } fragment LoopB on Query { ...LoopA }",
  "fragment F0 on Query { __typename }",
  "fragment on on Query { __typename }",
  "fragment F on { __typename }",
  "fragment F Query { __typename }",
  "fragment F on Nope { a }",
  "fragment F on Colour { a }",
  "fragment F($a: Int) on Query { __typename }",
  "query Op1 { __typename }",
  "query Unused { __typename } query Unused { __typename }",
  "{ __typename }",
  "query { __typename }",
  "query () { __typename }",
  "queryQ { __typename }",
  "query Q{__typename}",
  "query Q query R { __typename }",
  "query {}",
  "query R($a: Int) { __typename }",
  "query R($a: Int, $a: Int) { __typename }",
  "query R($a: Int = $b) { __typename }",
  "query R($a: Nope) { __typename @skip(if: $a) }",
  "query R($a: [Nope] = [1]) { __typename @skip(if: $a) }",
  "query R($a: Query) { __typename @skip(if: $a) }",
  "query R($a: Boolean! @nope) { __typename @skip(if: $a) }",
  "query R($a: Boolean! @skip(if: true)) { __typename @skip(if: $a) }",
  "query R($a: Boolean!) { __typename @skip(if: $a) }",
  "query R($a: Boolean) { __typename @skip(if: $a) }",
  "query R($a: Boolean = true) { __typename @skip(if: $a) }",
  "query R($a: Boolean = null) { __typename @skip(if: $a) }",
  "query R($a: Boolean! = null) { __typename @skip(if: $a) }",
  "query R($a: String!) { __typename @skip(if: $a) }",
  "query R($a: [Boolean!]!) { __typename @skip(if: $a) }",
  "query R($a: Boolean!!) { __typename @skip(if: $a) }",
  "query R($a: [Boolean) { __typename @skip(if: $a) }",
  "query R($ a : [ , Int ! , ] #c\n ! ,) { __typename @skip(if: $a) }",
  '"what it is for" query R { __typename }',
  '"""what it is for""" query R("the value" $a: Boolean!) { __typename @skip(if: $a) }',
  '"what it is for" { __typename }',
  '"what it is for" fragment R on Query { __typename }',
  "query R @skip(if: true) { __typename }",
  "query R @nope { __typename }",
  "fragment R on Query @include(if: true) { __typename }",
  "subscription R { __typename }",
  "subscription R { a: __typename b: __typename }",
  "subscription R { ... @skip(if: true) { __typename } }",
  "mutation R { __typename }",
  "mutation R { __schema { description } }",
  "type Nope { a: Int }",
  "extend type Query { a: Int }",
  "schema { query: Query }",
  "query on { __typename }",
  "query query { __typename }",
  "query true { __typename }",
  "query R { on: __typename fragment: __typename query: __typename true: __typename null: __typename }",
  "query R { ...on on Query { __typename } }",
  "query R { ... ,on#c\nQuery , { __typename } }",
  "query R { ..., { __typename } }",
  "query R { ...#c\n{ __typename } }",
  "query R { ...\n\nUnused }",
  "",
];

/** Returns the texts of a document's tokens; `undefined` if it cannot be tokenized. */
export function tokens(text) {
  const lexer = new Lexer(new Source(text));
  const found = [];
  try {
    while (lexer.advance().kind !== "<EOF>") found.push(text.slice(lexer.token.start, lexer.token.end));
  } catch {
    return undefined;
  }
  return found;
}

/** Joins tokens with random commas, comments and white space between them. */
export function reformat(parts, random, probability = 0.2) {
  let text = random.chance(0.05) ? "\ufeff" : "";
  for (const part of parts) {
    const mustPart = WORDS[0].test(text) && (WORDS[1].test(part) || part.startsWith("."));
    if (random.chance(probability)) text += random.times(1 + random.below(2), () => random.pick(TRIVIA)).join("");
    else if (mustPart || text.endsWith('"') || !random.chance(0.3)) text += " ";
    text += part;
  }
  return text + (random.chance(0.1) ? random.pick(TRIVIA) : "");
}

/** Changes a document, given as its tokens, in one or two places. The result may still be valid. */
export function mutate(parts, random) {
  let mutated = [...parts];
  for (let left = random.chance(0.25) ? 2 : 1; left > 0 && mutated.length > 0; left--) mutated = once(mutated, random);
  return reformat(mutated, random, random.pick([0, 0, 0.2]));
}

function once(parts, random) {
  const at = random.below(parts.length);
  const part = parts[at];
  const isName = /^[_A-Za-z]/.test(part);
  switch (random.below(15)) {
    case 0:
      return parts.toSpliced(at, 1);
    case 1:
      return parts.toSpliced(at, 0, part);
    case 2:
    case 3:
      return parts.toSpliced(at, 0, random.pick(TOKENS));
    case 4:
      return parts.toSpliced(at, 1, random.pick(TOKENS));
    case 5:
      return parts.toSpliced(at, 2, ...parts.slice(at, at + 2).reverse());
    case 6: {
      const [from, to] = group(parts, at);
      return parts.toSpliced(from, to - from);
    }
    case 7: {
      const [from, to] = group(parts, at);
      return parts.toSpliced(from, 0, ...parts.slice(from, to));
    }
    case 8:
      return parts.toSpliced(at, 2, parts.slice(at, at + 2).join(""));
    case 9:
    case 10: {
      const names = parts.filter((other) => /^[_A-Za-z]/.test(other));
      const place = isName ? at : parts.findIndex((other) => /^[_A-Za-z]/.test(other));
      return place < 0 ? parts : parts.toSpliced(place, 1, random.pick(names));
    }
    case 11:
    case 12:
      return [...parts, random.pick(TAILS)];
    case 13:
      return parts.slice(0, at);
    default: {
      const literals = parts.flatMap((other, index) => (/^(["\d-]|true$|false$|null$|[A-Z]+$)/.test(other) ? [index] : []));
      return literals.length === 0 ? parts : parts.toSpliced(random.pick(literals), 1, random.pick(TOKENS));
    }
  }
}

/** Returns the range of the bracketed group that begins at or after a token; of the token alone if there is none. */
function group(parts, at) {
  const from = parts.findIndex((part, index) => index >= at && /^[{([]$/.test(part));
  if (from < 0) return [at, at + 1];
  let depth = 0;
  for (let index = from; index < parts.length; index++) {
    if (/^[{([]$/.test(parts[index])) depth++;
    if (/^[})\]]$/.test(parts[index]) && --depth === 0) return [from, index + 1];
  }
  return [from, parts.length];
}
