import { EXAMPLES } from './examples';
import { isRecord } from '../store';

interface InitialEditors {
  initialQuery?: string;
  initialVariables?: string;
}

/**
 * What the editors show at first. GraphiQL keeps its tabs over a reload but leaves the editors empty in some cases (the first
 * example's variables, a tab that was opened but not edited), so we tell it what the active tab holds.
 */
export function restoredEditors(): InitialEditors {
  const tab = storedTab() ?? EXAMPLES[0];
  return { initialQuery: tab?.query ?? undefined, initialVariables: tab?.variables ?? undefined };
}

function storedTab(): { query?: string; variables?: string } | undefined {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem('graphiql:tabState') ?? 'null');
    if (!isRecord(stored) || !Array.isArray(stored.tabs)) return undefined;
    return stored.tabs[Number(stored.activeTabIndex)];
  } catch {
    return undefined;
  }
}
