import { isRecord } from '../../store';
import type { ConversationFieldsFragment, ReasoningEffort } from '../graphql/generated';
import { texts } from '../texts';

/** The parameters with which a model generates replies. `null` stands for the provider's default. */
export type Generation = Omit<ConversationFieldsFragment['generation'], '__typename'>;

export const noParameters: Generation = { temperature: null, maxOutputTokens: null, reasoningEffort: null };

export const EFFORTS = Object.keys(texts.reasoningEfforts) as ReasoningEffort[];

export function isDefault(generation: Generation): boolean {
  return sameGeneration(generation, noParameters);
}

export function sameGeneration(a: Generation, b: Generation): boolean {
  return a.temperature === b.temperature && a.maxOutputTokens === b.maxOutputTokens && a.reasoningEffort === b.reasoningEffort;
}

/** Returns parameters that were stored as JSON. Invalid ones are `null`. */
export function parseGeneration(text: string): Generation {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value)) return noParameters;
    const { temperature, maxOutputTokens, reasoningEffort } = value;
    return {
      temperature: typeof temperature === 'number' ? temperature : null,
      maxOutputTokens: typeof maxOutputTokens === 'number' ? maxOutputTokens : null,
      reasoningEffort: EFFORTS.find((effort) => effort === reasoningEffort) ?? null,
    };
  } catch {
    return noParameters;
  }
}
