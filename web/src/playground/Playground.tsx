import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import type { TabsState } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { withoutSchema } from '../served';
import { fragmentOf } from './address';
import { CopyAsCurl } from './CopyAsCurl';
import { Events } from './Events';
import { fetcher } from './fetcher';
import { FilledVariables } from './FilledVariables';
import { initialEditors } from './initial';
import { SignedIn } from './SignedIn';
import { storage } from './storage';
import { texts } from './texts';
import { InertUntilReady } from './InertUntilReady';
import { variablesIn } from './variables';

/** Read once, before GraphiQL writes its own state there. */
const initial = initialEditors();

const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

export function Playground() {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={PLUGINS}
      // `null` stands for no schema, and prevents introspection.
      schema={withoutSchema ? null : undefined}
      {...initial}
      defaultEditorToolsVisibility
      // Headers may contain tokens, which must not be stored on disk.
      shouldPersistHeaders={false}
      onTabChange={keepInAddress}
    >
      <GraphiQL.Logo>{texts.name}</GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <CopyAsCurl />
          </>
        )}
      </GraphiQL.Toolbar>
      <GraphiQL.Footer>
        <FilledVariables />
        {withoutSchema && <p className="without-schema">{texts.withoutSchema}</p>}
        <Events />
        <SignedIn />
        <InertUntilReady />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}

/** Keeps the active tab's operation in the address, so that it can be shared. */
function keepInAddress({ tabs, activeTabIndex }: TabsState): void {
  const tab = tabs[activeTabIndex];
  const fragment = fragmentOf({ query: tab?.query ?? '', variables: variablesIn(tab?.variables) });
  if (location.hash.slice(1) !== fragment) history.replaceState(null, '', fragment ? `#${fragment}` : location.pathname);
}
