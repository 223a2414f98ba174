import { Kind, parse, print, type FieldNode, type SelectionSetNode } from 'graphql';
import { definitionOf } from './operations';
import type { Operation } from './secrets';

/** Fields of `Subscription` that can resume after a cursor. */
const RESUMABLE = new Set(['reply', 'changes']);

/**
 * Returns the subscription that resumes after a cursor. The root field's argument `after` is set to the cursor: through
 * its variable if it has one, else as a string.
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

  /** Only for root fields: nested fields may have the same names. */
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
