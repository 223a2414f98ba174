import { useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { modelsStore } from './models';

interface Props {
  /** Empty for the default model; `undefined` while unknown. */
  value: string | undefined;
  onChange: (model: string) => void;
}

/** The choice of a model. Nothing if there is only one. */
export function ModelPicker({ value, onChange }: Props) {
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get);
  if (models.length === 1) return null;
  // An empty element keeps the space until the models and the choice are known.
  if (models.length === 0 || value === undefined) return <span className="model-picker" />;
  return (
    <select
      className="model-picker"
      aria-label={texts.model}
      title={texts.model}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {/* A model that is no longer available is still the conversation's. */}
      {value && !models.some(({ id }) => id === value) && <option value={value}>{value}</option>}
      {models.map(({ id, isDefault }) => (
        <option key={id} value={isDefault && value !== id ? '' : id}>
          {isDefault ? texts.defaultModel(id) : id}
        </option>
      ))}
    </select>
  );
}
