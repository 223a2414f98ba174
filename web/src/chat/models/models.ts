import { createStore } from '../../store';
import { execute } from '../graphql/client';
import { ModelsDocument, type ModelsQuery } from '../graphql/generated';
import { longestStore } from '../composer/length';
import { pause } from '../pause';
import { sessionStore } from '../session/session';

export const modelsStore = createStore<ModelsQuery['models']>([]);

/** Loads the models, and the limits of the server. */
export async function loadModels(): Promise<void> {
  for (let attempt = 0; sessionStore.get().status === 'signedIn'; attempt++) {
    try {
      const { models, limits } = await execute(ModelsDocument, {});
      modelsStore.set(models);
      longestStore.set(limits.contentLength);
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
