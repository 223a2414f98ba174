import { failureOf } from '../replies/failure';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { pressedOnce } from '../ui/pressedOnce';
import type { Message } from './list';

interface Props {
  error: Message['error'];
  /** Requests another reply; `undefined` if later messages follow. */
  onRetry: (() => void) | undefined;
}

/** Shows why a reply failed and what the user can do. */
export function FailureCard({ error, onRetry }: Props) {
  return (
    <div className="failure">
      <p>{failureOf(error)}</p>
      {onRetry && (
        <button type="button" className="retry" {...pressedOnce(onRetry)}>
          <Icon name="retry" />
          {texts.retry}
        </button>
      )}
      {error?.details && (
        <details>
          <summary>{texts.details}</summary>
          <p dir="auto">{error.details}</p>
        </details>
      )}
    </div>
  );
}
