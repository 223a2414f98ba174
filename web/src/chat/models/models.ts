import { createStore } from '../../store';
import { ask } from '../graphql/client';
import { ModelsDocument, type ModelsQuery } from '../graphql/generated';
import { pause } from '../pause';
import { sessionStore } from '../session/session';

export const modelsStore = createStore<ModelsQuery['models']>([]);

export async function loadModels(): Promise<void> {
  for (let attempt = 0; sessionStore.get().status === 'signedIn'; attempt++) {
    try {
      modelsStore.set((await ask(ModelsDocument, {})).models);
      return;
    } catch {
      await pause(attempt);
    }
  }
}

/** The id of the model that is shown, be it the default one; nothing if none is, or one that is not offered any more. */
export function offered(model: string): string | undefined {
  const models = modelsStore.get();
  if (models.length < 2) return undefined;
  return models.find(({ id, isDefault }) => (model ? id === model : isDefault))?.id;
}

export function forgetModels(): void {
  modelsStore.set([]);
}
