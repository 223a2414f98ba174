import { parse } from 'graphql';
import { isRecord } from '../store';
import { withoutSecrets, type Operation } from './secrets';

/** Maximum length of a fragment, in characters. Longer links are often cut off when they are shared. */
const LONGEST = 16_000;

/**
 * Encodes an operation as the fragment of a link: its query and variables, never its headers, with every secret left empty
 * (see {@link withoutSecrets}). Returns an empty string if the fragment is too long, or if the document cannot be parsed,
 * because its secrets cannot be found then.
 */
export function fragmentOf(operation: Operation): string {
  try {
    parse(operation.query);
  } catch {
    return '';
  }
  const { query, variables } = withoutSecrets(operation, () => '');
  const parameters = new URLSearchParams({ query });
  if (variables && Object.keys(variables).length > 0) parameters.set('variables', JSON.stringify(variables));
  const fragment = parameters.toString();
  return fragment.length > LONGEST ? '' : fragment;
}

/** Decodes the operation in an address's fragment, which is untrusted input. */
export function operationIn(fragment: string): Operation | undefined {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  const query = parameters.get('query');
  if (!query) return undefined;
  try {
    const variables: unknown = JSON.parse(parameters.get('variables') ?? 'null');
    return isRecord(variables) && !Array.isArray(variables) ? { query, variables } : { query };
  } catch {
    return { query };
  }
}
