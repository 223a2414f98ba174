import {
  GraphQLError, execute, getOperationAST, getVariableValues, parse, specifiedRules, subscribe, validate,
} from "graphql";

// When a field fails while another of the same object is pending, graphql-js abandons the other's promise. Its error is
// in no response, and must not end this process.
process.on("unhandledRejection", (error) => {
  if (!(error instanceof GraphQLError)) throw error;
});

/** The validation rules. Each adds its name to the errors that it reports. */
const rules = specifiedRules.map((rule) => (context) => {
  const own = Object.create(context);
  own.reportError = (error) => {
    error.rule = rule.name.replace(/Rule$/, "");
    context.reportError(error);
  };
  return rule(own);
});

/** Returns line and column of each location. graphql-js counts columns in UTF-16 code units, this in characters. */
function places({ source, locations = [] }) {
  return locations.map(({ line, column }) => {
    const before = source.body.split(/\r\n|[\n\r]/)[line - 1].slice(0, column - 1);
    return [line, [...before].length + 1];
  });
}

/** Parses and validates a document. Returns it, or its errors. */
export function check(schema, query) {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { refusal: { stage: "parse", errors: [{ message: error.message, locations: places(error) }] } };
  }
  let errors;
  try {
    errors = validate(schema, document, rules, { maxErrors: 1000 });
  } catch (error) {
    // SingleFieldSubscriptions evaluates `@skip` without variables.
    if (error instanceof GraphQLError) return { refusal: { stage: "unknown", errors: [] } };
    throw error;
  }
  if (errors.length > 0) {
    const listed = errors.map((error) => ({ rule: error.rule, message: error.message, locations: places(error) }));
    return { refusal: { stage: "validate", errors: listed } };
  }
  return { document };
}

/** Coerces the variables of an operation. Returns them, or their errors. */
export function coerce(schema, document, operationName, variables) {
  const operation = getOperationAST(document, operationName);
  if (!operation) return { refusal: { stage: "choose", errors: [{ message: "no such operation", locations: [] }] } };
  const { errors, coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1000 });
  if (!errors) return { operation, coerced };
  return { refusal: { stage: "coerce", errors: errors.map((error) => ({ message: error.message, locations: places(error) })) } };
}

/** Returns every response of an operation; a subscription has one per event. `data` is text, to keep its order. */
export async function run(schema, document, operationName, variableValues, root) {
  const options = { schema, document, operationName, variableValues, rootValue: root };
  const isSubscription = getOperationAST(document, operationName)?.operation === "subscription";
  if (!isSubscription) return [answer(await execute(options))];
  let events;
  try {
    events = await subscribe(options);
  } catch (error) {
    // graphql-js throws this when `@skip` leaves no root field.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  if (!(Symbol.asyncIterator in events)) return [answer(events)];
  const answers = [];
  for await (const event of events) answers.push(answer(event));
  return answers;
}

function answer({ data, errors = [] }) {
  return {
    data: JSON.stringify(data ?? null),
    errors: errors.map((error) => ({ message: error.message, path: error.path ?? [], locations: places(error) })),
  };
}

/** Whether a document contains introspection. */
export function introspects(document) {
  return JSON.stringify(document, (key, value) => (key === "loc" ? undefined : value)).match(/"value":"__(schema|type)"/) !== null;
}
