import { tryParseJSONC } from '@graphiql/react';
import { isRecord } from '../store';

/** Parses the variables in an editor's text, which may have comments. `undefined` if it is empty or invalid. */
export function variablesIn(text?: string | null): Record<string, unknown> | undefined {
  try {
    const variables: unknown = tryParseJSONC(text ?? '');
    return isRecord(variables) ? variables : undefined;
  } catch {
    return undefined;
  }
}
