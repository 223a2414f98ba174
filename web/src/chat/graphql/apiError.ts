import type { CombinedError, OperationResult } from '@urql/core';

/** A failed operation. `code` is the server's `extensions.code`, or UNREACHABLE if there was no response. */
export class ApiError extends Error {
  readonly code: string;
  /** Seconds to wait before a retry. */
  readonly retryAfter?: number;
  /** The invalid input field, if the error concerns one. */
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

  /** True if a retry may succeed. */
  get retryable(): boolean {
    return ['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED'].includes(this.code);
  }

  /** True if a retry cannot succeed. */
  get permanent(): boolean {
    return ['NOT_FOUND', 'BAD_USER_INPUT', 'UNAUTHENTICATED'].includes(this.code);
  }
}

export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError({ code: 'UNREACHABLE', message: String(error) });
}

export function resultOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (error) throw new ApiError(error);
  if (data === undefined) throw new ApiError({ code: 'UNREACHABLE', message: 'The response has no data.' });
  return data;
}
