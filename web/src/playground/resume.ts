import { Kind, parse, print, type FieldNode, type SelectionSetNode } from 'graphql';
import { definitionOf } from './operations';
import type { Operation } from './secrets';

/** The fields of `Subscription` that go on after a cursor. */
const RESUMABLE = new Set(['reply', 'changes']);

/**
 * The subscription that goes on after a cursor: `after` of its root field is the cursor, by the variable that stands there
 * already, or else as a string.
 */
export function resumedAfter(operation: Operation, cursor: string): Operation {
  const running = definitionOf(operation);
  const variables = { ...operation.variables };
  let document;
  try {
    document = parse(operation.query);
  } catch {
    return operation;
  }

  const resumed = (field: FieldNode): FieldNode => {
    if (!RESUMABLE.has(field.name.value)) return field;
    const given = field.arguments?.find(({ name }) => name.value === 'after');
    if (given?.value.kind === Kind.VARIABLE) {
      variables[given.value.name.value] = cursor;
      return field;
    }
    const after = {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'after' },
      value: { kind: Kind.STRING, value: cursor },
    } as const;
    return { ...field, arguments: [...(field.arguments ?? []).filter((argument) => argument !== given), after] };
  };

  /** The root's fields only: those below may have the same names. */
  const inRoot = (set: SelectionSetNode): SelectionSetNode => ({
    ...set,
    selections: set.selections.map((selection) => {
      if (selection.kind === Kind.FIELD) return resumed(selection);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      return { ...selection, selectionSet: inRoot(selection.selectionSet) };
    }),
  });

  const definitions = document.definitions.map((definition) => {
    const ofRoot =
      definition.kind === Kind.OPERATION_DEFINITION
        ? definition.loc?.start === running?.loc?.start
        : definition.kind === Kind.FRAGMENT_DEFINITION && definition.typeCondition.name.value === 'Subscription';
    return ofRoot && 'selectionSet' in definition && definition.selectionSet
      ? { ...definition, selectionSet: inRoot(definition.selectionSet) }
      : definition;
  });
  return { ...operation, query: print({ ...document, definitions }), variables };
}
