import type { CombinedError, OperationResult } from '@urql/core';

/** Why an operation brought no data, in the server's words for it: `extensions.code`, or UNREACHABLE. */
export class Refusal extends Error {
  readonly code: string;
  /** Seconds until it makes sense to ask again. */
  readonly retryAfter?: number;
  /** The field of the input that is at fault, if it is one. */
  readonly field?: string;

  constructor(error: CombinedError | { code: string; message: string; retryAfter?: number; field?: string }) {
    super(error.message);
    if ('graphQLErrors' in error) {
      const first = error.graphQLErrors[0];
      const { code, retryAfter, field } = (first?.extensions ?? {}) as Record<string, unknown>;
      if (first) this.message = first.message;
      this.code = typeof code === 'string' ? code : first ? 'INTERNAL' : 'UNREACHABLE';
      if (typeof retryAfter === 'number') this.retryAfter = retryAfter;
      if (typeof field === 'string') this.field = field;
    } else {
      this.code = error.code;
      this.retryAfter = error.retryAfter;
      this.field = error.field;
    }
  }

  /** Whether the same may well go through a little later. */
  get passing(): boolean {
    return ['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED'].includes(this.code);
  }

  /** Whether the same can be asked for as often as one likes, and will never be had. */
  get final(): boolean {
    return ['NOT_FOUND', 'BAD_USER_INPUT', 'UNAUTHENTICATED'].includes(this.code);
  }
}

export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal({ code: 'UNREACHABLE', message: String(error) });
}

export function resultOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (error) throw new Refusal(error);
  if (data === undefined) throw new Refusal({ code: 'UNREACHABLE', message: 'no answer' });
  return data;
}
