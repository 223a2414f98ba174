import { reasonOf } from '../graphql/reason';
import type { ApiError } from '../graphql/apiError';
import { accountTexts } from '../texts';

/** Returns the reason for an error, in the dialog's own words where it has any. */
export function accountReason(failure: ApiError): string {
  const { code, field } = failure;
  if (code === 'BAD_USER_INPUT' && field) return accountTexts.fieldErrors[field] ?? failure.message;
  if (code === 'FORBIDDEN') return accountTexts.elsewhere;
  return reasonOf(failure);
}
