import { parse } from 'graphql';
import { isRecord } from '../store';
import { withoutSecrets, type Operation } from './secrets';

/** The longest fragment, in characters. Longer ones do not survive being sent around. */
const LONGEST = 16_000;

/**
 * An operation as the fragment of a link: query and variables, never headers, and nothing in the place of each secret (see
 * {@link withoutSecrets}). Empty for what cannot be parsed, because it cannot be known where its secrets are, and for what is
 * too long.
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

/** The operation in an address's fragment. Whoever made the link may have written anything there. */
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
