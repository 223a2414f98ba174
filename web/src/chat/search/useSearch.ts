import { useEffect, useReducer, useState } from 'react';
import { toApiError, type ApiError } from '../graphql/apiError';
import { execute } from '../graphql/client';
import { SearchDocument, type SearchQuery } from './generated';

type Page = NonNullable<SearchQuery['me']>['search'];
export type Hit = Page['nodes'][number];

/** Time without a key after which the search starts, in milliseconds. */
const DEBOUNCE = 200;
const PAGE = 20;
/** Maximum number of hits. */
const MOST = 100;

export interface Found {
  readonly status: 'idle' | 'searching' | 'done' | 'failed';
  readonly hits: readonly Hit[];
  readonly failure?: ApiError;
  /** False while the server is still indexing older messages. */
  readonly complete: boolean;
  /** Cursor of the next page, if there is one. */
  readonly after?: string;
}

const nothing: Found = { status: 'idle', hits: [], complete: true };

/** Searches on the server while the user types. A new query cancels the previous search. */
export function useSearch(query: string) {
  const [found, setFound] = useState(nothing);
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  // Cursor of the page that was asked for.
  const [after, setAfter] = useState<string>();

  useEffect(() => {
    if (!isSearchable(query)) return setFound(nothing);
    const controller = new AbortController();
    // The hits of the previous query stay until there are others.
    setFound((before) => ({ ...before, status: 'searching', failure: undefined, after: undefined }));
    const timer = setTimeout(() => void search(), after ? 0 : DEBOUNCE);

    async function search() {
      try {
        const { me } = await execute(SearchDocument, { query, first: PAGE, after }, { signal: controller.signal });
        if (me) setFound((before) => withPage(after ? before.hits : [], me.search));
      } catch (error) {
        if (controller.signal.aborted) return;
        setFound(({ hits, complete }) => ({ status: 'failed', hits: after ? hits : [], complete, failure: toApiError(error) }));
      }
    }

    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [query, after, attempt]);

  // The next query starts at its first page. The search above has not started yet, and is replaced.
  useEffect(() => setAfter(undefined), [query]);

  return { found, retry, more: () => setAfter(found.after) };
}

function withPage(before: readonly Hit[], { nodes, pageInfo, complete }: Page): Found {
  const hits = [...before, ...nodes];
  const after = pageInfo.hasNextPage && hits.length < MOST ? (pageInfo.endCursor ?? undefined) : undefined;
  return { status: 'done', hits, complete, after };
}

/** Returns true if the server can search for a query. It compares at least two letters or digits. */
export function isSearchable(query: string): boolean {
  return (query.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 2;
}
