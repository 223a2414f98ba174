import { getOperationAST, Kind, parse, type OperationDefinitionNode } from 'graphql';
import type { Operation } from './secrets';

/** Fields that need no token: one that has expired must neither hide the schema nor stand in the way of a new one. */
const OPEN_FIELDS = new Set([
  '__schema',
  '__type',
  '__typename',
  'register',
  'logIn',
  'refreshSession',
  'logOut',
  'models',
]);

/** The operation that would run; none where the document cannot be parsed, or has several and no name tells which. */
export function definitionOf({ query, operationName }: Operation): OperationDefinitionNode | undefined {
  try {
    return getOperationAST(parse(query), operationName) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The names of an operation's own fields, or nothing where fragments hide some of them. */
export function rootFields(operation?: OperationDefinitionNode): string[] | undefined {
  const fields: string[] = [];
  for (const selection of operation?.selectionSet.selections ?? []) {
    if (selection.kind !== Kind.FIELD) return undefined;
    fields.push(selection.name.value);
  }
  return operation && fields;
}

/** Whether anonymous callers may run all of it. */
export function isOpen(operation?: OperationDefinitionNode): boolean {
  return rootFields(operation)?.every((field) => OPEN_FIELDS.has(field)) ?? false;
}
