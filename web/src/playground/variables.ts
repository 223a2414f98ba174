import { tryParseJSONC } from '@graphiql/react';
import { isRecord } from '../store';

/** The variables in an editor's text, which may have comments; nothing if it is empty or cannot be read. */
export function variablesIn(text?: string | null): Record<string, unknown> | undefined {
  try {
    const variables: unknown = tryParseJSONC(text ?? '');
    return isRecord(variables) ? variables : undefined;
  } catch {
    return undefined;
  }
}
