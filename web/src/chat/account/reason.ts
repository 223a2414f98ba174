import { reasonOf } from '../graphql/reason';
import type { Refusal } from '../graphql/refusal';
import { accountTexts } from '../texts';

/** Returns the reason for an error, in the dialog's own words where it has any. */
export function accountReason(refusal: Refusal): string {
  const { code, field } = refusal;
  if (code === 'BAD_USER_INPUT' && field) return accountTexts.fieldErrors[field] ?? refusal.message;
  if (code === 'FORBIDDEN') return accountTexts.elsewhere;
  return reasonOf(refusal);
}
