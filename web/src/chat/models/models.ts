import { createStore } from '../../store';
import { execute } from '../graphql/client';
import { ModelsDocument, type ModelsQuery } from '../graphql/generated';
import { pause } from '../pause';
import { sessionStore } from '../session/session';

export const modelsStore = createStore<ModelsQuery['models']>([]);

export async function loadModels(): Promise<void> {
  for (let attempt = 0; sessionStore.get().status === 'signedIn'; attempt++) {
    try {
      modelsStore.set((await execute(ModelsDocument, {})).models);
      return;
    } catch {
      await pause(attempt);
    }
  }
}

/** Returns the ID of an available model, or of the default for an empty one. `undefined` if there is no choice of models. */
export function availableModel(model: string): string | undefined {
  const models = modelsStore.get();
  if (models.length < 2) return undefined;
  return models.find(({ id, isDefault }) => (model ? id === model : isDefault))?.id;
}

export function forgetModels(): void {
  modelsStore.set([]);
}
