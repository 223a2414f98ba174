import { parse, visit, type ValueNode } from 'graphql';
import { isRecord } from '../store';

/** A request to the server without its headers. */
export interface Operation {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
}

/** Matches names of variables, arguments and input fields that hold secrets. */
const SECRET_NAME = /passw|passphrase|secret|token|authorization|credential|api_?key/i;

/** Matches Confab's own tokens and JSON Web Tokens, anywhere in a text. */
const TOKEN = /confab_(?:pat|refresh)_[\w-]+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g;

export function mayHoldSecrets(text: string): boolean {
  return SECRET_NAME.test(text) || text.search(TOKEN) >= 0;
}

/**
 * Replaces the secrets of an operation with what `hide` returns for their names, so that no secret leaves the page. These
 * are secrets:
 *
 * - the strings of a variable, argument or input field with a name such as `password` or `refreshToken`;
 * - a variable of any name that is used in place of one of these;
 * - everything that looks like a token.
 */
export function withoutSecrets(operation: Operation, hide: (name: string) => string): Operation {
  const { literals, variables } = secretsIn(operation.query);
  let { query } = operation;
  for (const { name, start, end } of literals.reverse()) {
    query = query.slice(0, start) + JSON.stringify(hide(name)) + query.slice(end);
  }
  const hideTokens = (text: string) => text.replace(TOKEN, () => hide('token'));
  const hideIn = (value: unknown, name: string, secret: boolean): unknown => {
    if (typeof value === 'string') return secret ? hide(name) : hideTokens(value);
    if (Array.isArray(value)) return value.map((item) => hideIn(item, name, secret));
    return isRecord(value) ? hideInAll(value) : value;
  };
  const hideInAll = (record: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        hideIn(value, name, SECRET_NAME.test(name) || (record === operation.variables && variables.has(name))),
      ]),
    );
  return {
    ...operation,
    query: hideTokens(query),
    ...(operation.variables && { variables: hideInAll(operation.variables) }),
  };
}

interface Literal {
  name: string;
  start: number;
  end: number;
}

/** Finds the secrets of a document: string literals, and names of variables. Finds none if it cannot be parsed. */
function secretsIn(query: string): { literals: Literal[]; variables: Set<string> } {
  const literals: Literal[] = [];
  const variables = new Set<string>();
  const collect = (name: string, value?: ValueNode): void => {
    if (!SECRET_NAME.test(name) || !value) return;
    if (value.kind === 'Variable') variables.add(value.name.value);
    if (value.kind === 'StringValue' && value.loc) literals.push({ name, start: value.loc.start, end: value.loc.end });
    if (value.kind === 'ListValue') value.values.forEach((item) => collect(name, item));
  };
  try {
    visit(parse(query), {
      Argument: ({ name, value }) => collect(name.value, value),
      ObjectField: ({ name, value }) => collect(name.value, value),
      VariableDefinition: ({ variable, defaultValue }) => collect(variable.name.value, defaultValue),
    });
  } catch {
    // A caller that must find all secrets checks first that the document can be parsed.
  }
  return { literals, variables };
}
