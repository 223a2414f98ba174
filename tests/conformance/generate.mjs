// Prints a corpus: one JSON object per line, each a request with the response of graphql-js.
//
//   node generate.mjs --seed 1 --count 1500 --cases cases.jsonl
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Documents } from "./documents.mjs";
import { check, coerce, introspects, run } from "./oracle.mjs";
import { Random } from "./random.mjs";
import { reformat, mutate, tokens } from "./mutate.mjs";
import { executable, read, roots } from "./schema.mjs";

const here = (path) => new URL(path, import.meta.url);
const { values: options } = parseArgs({
  options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "1000" }, cases: { type: "string" } },
});

const schemas = {
  confab: read(readFileSync(here("../../schema.graphql"), "utf8")),
  test: executable(readFileSync(here("schema.graphql"), "utf8")),
};
/** The schema `test`, in which no failing field makes another one null, so that every error is reported. */
const lenient = executable(readFileSync(here("schema.graphql"), "utf8").replaceAll("failsHard: Int!", "failsHard: Int"));

/** Returns the response of graphql-js to a request. */
async function expected({ schema: name, query, operationName, variables }) {
  const schema = schemas[name];
  const checked = check(schema, query);
  if (checked.refusal) return checked.refusal;
  const coerced = coerce(schema, checked.document, operationName, JSON.parse(variables));
  if (coerced.refusal) return coerced.refusal;
  const { operation } = coerced.operation;
  if (name === "confab") return { stage: "execute", operation };
  const executed = (schema) => run(schema, checked.document, operationName, JSON.parse(variables), roots()[operation]);
  const answers = await executed(schema);
  if (answers?.some(({ errors }) => errors.length > 0)) {
    const all = await executed(lenient);
    answers.forEach((answer, index) => (answer.possible = all[index]?.errors ?? []));
  }
  return { stage: "execute", operation, introspects: introspects(checked.document), answers };
}

const KINDS = { unknown: "unknown", parse: "parse", validate: "validate", choose: "coerce", coerce: "coerce", execute: "execute" };

async function print(request) {
  request.variables ??= "{}";
  const answer = await expected(request);
  process.stdout.write(`${JSON.stringify({ ...request, kind: KINDS[answer.stage], expected: answer })}\n`);
}

async function generate(seed, count) {
  const random = new Random(seed);
  for (let number = 0; number < count; number++) {
    const schema = random.chance(0.35) ? "confab" : "test";
    const style = random.below(10);
    const wrong = style < 2 ? 0.08 : 0;
    const documents = new Documents(schemas[schema], random, { wrong });
    const { query, operations, variables } = documents.document();
    const parts = tokens(query);
    const text = style > 5 && parts ? mutate(parts, random) : style > 3 && parts ? reformat(parts, random) : query;
    const named = operations.length > 1 || random.chance(0.1);
    const operationName = named ? (random.chance(0.95) ? random.pick(operations).name : "Nope") : undefined;
    documents.wrong = style === 2 ? 0.08 : 0;
    await print({ schema, query: text, operationName, variables: documents.variablesText(variables) });
  }
}

if (options.cases) {
  for (const line of readFileSync(options.cases, "utf8").split("\n")) if (line.trim()) await print(JSON.parse(line));
}
await generate(Number(options.seed), Number(options.count));
