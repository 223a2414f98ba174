import { useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { modelsStore } from './models';

interface Props {
  /** Empty for the default model; nothing as long as nobody knows. */
  value: string | undefined;
  onChange: (model: string) => void;
}

/** Only where there is a choice. */
export function ModelPicker({ value, onChange }: Props) {
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get);
  if (models.length === 1) return null;
  // Its place is kept until it is known whether there is one, and which is to be shown.
  if (models.length === 0 || value === undefined) return <span className="model-picker" />;
  return (
    <select
      className="model-picker"
      aria-label={texts.model}
      title={texts.model}
      value={value}
      onChange={(event) => onChange(event.target.value)}
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
