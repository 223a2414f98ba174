import { useSyncExternalStore } from 'react';
import { texts } from '../texts';
import { modelsStore } from './models';

/** Name of the provider of the built-in models. */
const BUILT_IN = 'builtin';

/** Explains how to connect a real model, while the server has only built-in ones. */
export function DemoNote() {
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get);
  if (models.length === 0 || models.some(({ provider }) => provider !== BUILT_IN)) return null;
  return <p className="demo">{texts.demo}</p>;
}
