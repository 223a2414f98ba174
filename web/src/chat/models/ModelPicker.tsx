import { useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { modelsStore } from './models';

interface Props {
  /** Nothing stands for the default model. */
  value: string | undefined;
  onChange: (model: string | undefined) => void;
}

/** Only where there is a choice. */
export function ModelPicker({ value, onChange }: Props) {
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get);
  // Its place is kept until it is known whether there is one.
  if (models.length === 0) return <span className="model-picker" />;
  if (models.length < 2) return null;
  return (
    <select
      className="model-picker"
      aria-label={texts.model}
      title={texts.model}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      {/* A model that is not offered any more is still the conversation's. */}
      {value && !models.some(({ id }) => id === value) && <option value={value}>{value}</option>}
      {models.map(({ id, isDefault }) => (
        <option key={id} value={isDefault && value !== id ? '' : id}>
          {isDefault ? texts.defaultModel(id) : id}
        </option>
      ))}
    </select>
  );
}
