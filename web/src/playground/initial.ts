import { fragmentOf, operationIn } from './address';
import { EXAMPLES } from './examples';
import type { Operation } from './secrets';
import { storage } from './storage';
import { variablesIn } from './variables';

type Tab = (typeof EXAMPLES)[number];

/**
 * Returns the initial content of the editors: the operation of a link, else the active tab of the previous visit. GraphiQL
 * opens the tab that has it, or a new one, and runs nothing by itself. The content is always passed, because GraphiQL
 * would otherwise leave the editors empty for the first example's variables and for tabs that were never edited.
 */
export function initialEditors() {
  const { tabs, active } = storedTabs();
  const shared = operationIn(location.hash);
  const known = tabs ?? EXAMPLES;
  const tab = (shared ? tabOf(shared, known) : tabs?.[active]) ?? EXAMPLES[0]!;
  return {
    initialQuery: tab.query ?? '',
    initialVariables: tab.variables ?? '',
    // GraphiQL opens the first tab if none are stored.
    defaultTabs: [tab, ...EXAMPLES.filter((example) => fragment(example) !== fragment(tab))],
  };
}

/** Returns the tab that already has the operation of a link, perhaps with secrets that a link cannot contain. */
function tabOf(shared: Operation, tabs: readonly Tab[]): Tab {
  const text = shared.variables ? JSON.stringify(shared.variables, null, 2) : '';
  return tabs.find((tab) => fragment(tab) === fragmentOf(shared)) ?? { query: shared.query, variables: text };
}

function fragment({ query, variables }: Tab): string {
  return fragmentOf({ query: query ?? '', variables: variablesIn(variables) });
}

function storedTabs(): { tabs?: Tab[]; active: number } {
  const stored = variablesIn(storage.getItem('graphiql:tabState'));
  const tabs = Array.isArray(stored?.tabs) && stored.tabs.length > 0 ? (stored.tabs as Tab[]) : undefined;
  return { tabs, active: Number(stored?.activeTabIndex) };
}
