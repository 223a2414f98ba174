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

export function forgetModels(): void {
  modelsStore.set([]);
}
