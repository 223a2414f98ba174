import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { useAlternatives } from './alternatives';
import { switchTo, type OwnSwitch } from './switch';

interface Props {
  conversationId: string;
  messageId: string;
  /** True if the conversation has other branches. */
  branched: boolean;
}

/** The position of a message among its alternatives, with buttons that switch to another one. Nothing if it has none. */
export function Versions({ conversationId, messageId, branched }: Props) {
  const alternatives = useAlternatives(messageId, branched);
  if (!alternatives || alternatives.length < 2) return null;
  const index = alternatives.indexOf(messageId);

  function button(step: OwnSwitch['step'], target: string | undefined) {
    const label = step === 'previous' ? texts.previousVersion : texts.nextVersion;
    return (
      <button
        type="button"
        className="icon-button"
        data-step={step}
        aria-label={label}
        title={label}
        disabled={target === undefined}
        onClick={({ currentTarget }) =>
          target && switchTo(conversationId, { message: target, step, top: currentTarget.getBoundingClientRect().top })
        }
      >
        <Icon name={step} />
      </button>
    );
  }

  return (
    <span className="versions" role="group" aria-label={texts.versions}>
      {button('previous', alternatives[index - 1])}
      <span aria-label={texts.versionOf(index + 1, alternatives.length)} role="img">
        {index + 1}/{alternatives.length}
      </span>
      {button('next', alternatives[index + 1])}
    </span>
  );
}
