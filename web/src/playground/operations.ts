import { getOperationAST, Kind, parse, type OperationDefinitionNode } from 'graphql';
import type { Operation } from './secrets';

/** Fields that need no token. An expired token must not prevent loading the schema or getting a new token. */
const PUBLIC_FIELDS = new Set([
  '__schema',
  '__type',
  '__typename',
  'register',
  'logIn',
  'refreshSession',
  'logOut',
  'models',
]);

/** Returns the operation that would run. `undefined` if the document is invalid, or has several operations and no name. */
export function definitionOf({ query, operationName }: Operation): OperationDefinitionNode | undefined {
  try {
    return getOperationAST(parse(query), operationName) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Returns the names of an operation's root fields; `undefined` if fragments hide some of them. */
export function rootFields(operation?: OperationDefinitionNode): string[] | undefined {
  const fields: string[] = [];
  for (const selection of operation?.selectionSet.selections ?? []) {
    if (selection.kind !== Kind.FIELD) return undefined;
    fields.push(selection.name.value);
  }
  return operation && fields;
}

/** Returns true if anonymous callers may run the whole operation. */
export function isPublic(operation?: OperationDefinitionNode): boolean {
  return rootFields(operation)?.every((field) => PUBLIC_FIELDS.has(field)) ?? false;
}
