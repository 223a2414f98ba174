import { useId, useState } from 'react';
import type { ReasoningEffort } from '../graphql/generated';
import { texts } from '../texts';
import { EFFORTS, isDefault, type Generation } from './generation';

interface Props {
  value: Generation;
  onChange: (value: Generation) => void;
}

/** Fields for the generation parameters, folded away while all of them have the provider's default. */
export function GenerationFields({ value, onChange }: Props) {
  const id = useId();
  // Set once, so that clearing the last field does not fold the others away.
  const [open] = useState(() => !isDefault(value));
  const number = (text: string) => (text === '' ? null : Number(text));

  return (
    <details className="generation" open={open}>
      <summary>{texts.generation}</summary>
      <p className="hint">{texts.generationHint}</p>
      <label htmlFor={`${id}-temperature`}>{texts.temperature}</label>
      <input
        id={`${id}-temperature`}
        type="number"
        min={0}
        max={2}
        step="any"
        placeholder={texts.providersDefault}
        value={value.temperature ?? ''}
        onChange={(event) => onChange({ ...value, temperature: number(event.target.value) })}
      />
      <label htmlFor={`${id}-tokens`}>{texts.maxOutputTokens}</label>
      <input
        id={`${id}-tokens`}
        type="number"
        min={1}
        max={131_072}
        step={1}
        placeholder={texts.providersDefault}
        value={value.maxOutputTokens ?? ''}
        onChange={(event) => onChange({ ...value, maxOutputTokens: number(event.target.value) })}
      />
      <label htmlFor={`${id}-effort`}>{texts.reasoningEffort}</label>
      <select
        id={`${id}-effort`}
        value={value.reasoningEffort ?? ''}
        onChange={(event) => onChange({ ...value, reasoningEffort: (event.target.value as ReasoningEffort) || null })}
      >
        <option value="">{texts.providersDefault}</option>
        {EFFORTS.map((effort) => (
          <option key={effort} value={effort}>
            {texts.reasoningEfforts[effort]}
          </option>
        ))}
      </select>
    </details>
  );
}
