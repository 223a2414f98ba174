import { fragmentOf, operationIn } from './address';
import { EXAMPLES } from './examples';
import type { Operation } from './secrets';
import { storage } from './storage';
import { variablesIn } from './variables';

type Tab = (typeof EXAMPLES)[number];

/**
 * What the editors show at first: the operation of a link, else what the active tab had before the reload. GraphiQL opens the
 * tab that has it, or a new one; it runs nothing by itself. It must always be told, for in some cases it leaves the editors
 * empty (the first example's variables, a tab that was opened but not edited).
 */
export function initialEditors() {
  const { tabs, active } = storedTabs();
  const shared = operationIn(location.hash);
  const known = tabs ?? EXAMPLES;
  const tab = (shared ? tabOf(shared, known) : tabs?.[active]) ?? EXAMPLES[0]!;
  return {
    initialQuery: tab.query ?? '',
    initialVariables: tab.variables ?? '',
    // Opens the first, if there are none from before.
    defaultTabs: [tab, ...EXAMPLES.filter((example) => fragment(example) !== fragment(tab))],
  };
}

/** The tab that has the operation of a link already: perhaps with what may not stand in a link. */
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
