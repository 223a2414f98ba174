import { useEffect, useSyncExternalStore } from 'react';
import { createStore } from '../../store';
import { execute } from '../graphql/client';
import { PartsDocument, ReasoningDocument, type PartsQuery, type ToolCallFieldsFragment } from '../graphql/generated';
import { retryUntilDone } from '../loading/loadErrors';
import { inProgress, type Message } from '../messages/list';
import { sessionStore } from '../session/session';
import { joined, type Reply } from './reply';

export interface Source {
  readonly url: string;
  readonly title: string | null;
}

/** A call of a tool that the model's provider runs. */
export type ToolCall = ToolCallFieldsFragment;

/** What a reply has besides its text. */
export interface Parts {
  readonly sources: readonly Source[];
  readonly toolCalls: readonly ToolCall[];
  /** True if the model has shown some reasoning. */
  readonly reasoned: boolean;
  /** The reasoning; `undefined` until it is loaded. */
  readonly reasoning?: string;
  /** True while the model reasons. */
  readonly thinking?: boolean;
  /** Time that the model has spent on reasoning, in milliseconds. `NaN` if it is not known. */
  readonly thoughtFor: number;
}

/** The parts of replies, by message ID: those that the page has streamed, and those that it has loaded. */
const partsStore = createStore<ReadonlyMap<string, Parts>>(new Map());

/** Maximum number of replies in one request. The server limits the text that one request reads. */
const MOST = 20;

const wanted = new Set<string>();
let loading = false;

/** Returns the parts of a reply. Loads them if the page has not streamed them; `undefined` until then. */
export function useParts(message: Message): Parts | undefined {
  const { id } = message;
  const parts = useSyncExternalStore(partsStore.subscribe, () => partsStore.get().get(id));
  const missing = !parts && !inProgress(message);
  useEffect(() => {
    if (!missing) return;
    wanted.add(id);
    void load();
    return () => void wanted.delete(id);
  }, [id, missing]);
  return parts;
}

/** Keeps what a stream has brought. */
export function keepStreamed(id: string, { parts, thoughtFor, thinkingSince, finished }: Reply): void {
  const reasoning = joined(parts, 'REASONING');
  const sources = parts.filter(({ kind }) => kind === 'SOURCE').map(({ text, name }) => ({ url: text, title: name ?? null }));
  const toolCalls = parts.flatMap(({ toolCall }) => toolCall ?? []);
  if (!finished && !reasoning && sources.length === 0 && toolCalls.length === 0) return;
  put(id, { sources, toolCalls, reasoned: reasoning !== '', reasoning, thinking: thinkingSince !== undefined, thoughtFor });
}

/** Loads the reasoning of a reply, when the user wants to read it. */
export async function loadReasoning(id: string): Promise<void> {
  const missing = () => isSignedIn() && partsStore.get().get(id)?.reasoning === undefined;
  await retryUntilDone(`reasoning:${id}`, missing, async () => {
    const { node } = await execute(ReasoningDocument, { id });
    const texts = node && 'parts' in node ? node.parts.flatMap((part) => ('text' in part ? [part.text] : [])) : [];
    const known = partsStore.get().get(id);
    if (known) put(id, { ...known, reasoning: texts.join('\n\n') });
  });
}

export function forgetParts(): void {
  partsStore.set(new Map());
}

const isSignedIn = () => sessionStore.get().status === 'signedIn';

/** Loads what is wanted, with one request at a time. */
async function load(): Promise<void> {
  if (loading) return;
  loading = true;
  // All replies that are rendered together are in one request.
  await Promise.resolve();
  while (wanted.size > 0 && isSignedIn()) {
    const ids = [...wanted].slice(-MOST);
    await retryUntilDone('parts', isSignedIn, async () => {
      for (const node of (await execute(PartsDocument, { ids })).nodes) {
        if (node && isMessage(node)) put(node.id, loaded(node));
      }
    });
    for (const id of ids) wanted.delete(id);
  }
  loading = false;
}

type Loaded = Extract<PartsQuery['nodes'][number], { id: string }>;

function isMessage(node: object): node is Loaded {
  return 'parts' in node;
}

function loaded({ parts }: Loaded): Parts {
  return {
    sources: parts.flatMap((part) => (part.__typename === 'SourcePart' ? [part] : [])),
    toolCalls: parts.flatMap((part) => (part.__typename === 'ToolCallPart' ? [part] : [])),
    reasoned: parts.some(({ __typename }) => __typename === 'ReasoningPart'),
    thoughtFor: NaN,
  };
}

function put(id: string, parts: Parts): void {
  partsStore.set(new Map(partsStore.get()).set(id, parts));
}
