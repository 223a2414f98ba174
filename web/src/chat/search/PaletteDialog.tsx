import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { reasonOf } from '../graphql/reason';
import { routeStore } from '../route';
import { useStateOf } from '../state';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { actionEntries, chatEntries, hitEntries, type Entry } from './entries';
import { wordsOf } from './match';
import { PaletteOption } from './PaletteOption';
import { useSearch } from './useSearch';
import './search.css';

/** Maximum length of a query, as the server has it. */
const LONGEST_QUERY = 200;

/** Finds chats, messages and actions. A combobox with a list, as in the ARIA Authoring Practices Guide. */
export function PaletteDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const [query, setQuery] = useState('');
  const [selected, setSelected] = useState<string>();
  const { found, retry, more } = useSearch(query.trim());
  const { items: chats, deleted } = useStateOf(({ conversations }) => conversations);

  const words = wordsOf(query);
  // Without a query, the list offers chats to switch to.
  const listed = chatEntries(words.length > 0 ? chats : chats.filter(({ id }) => id !== routeStore.get()), words);
  // The deletion of a chat can be undone for a while, so the server still finds it.
  const hits = found.hits.filter(({ conversation }) => !deleted.has(conversation.id));
  const groups = [
    { label: words.length > 0 ? texts.chats : texts.recentChats, entries: listed },
    { label: texts.actions, entries: actionEntries(words) },
    { label: texts.found, entries: hitEntries(hits, listed) },
  ].filter(({ entries }) => entries.length > 0);
  const entries = groups.flatMap((group) => group.entries);
  const active = entries.find((entry) => entry.id === selected) ?? entries[0];
  const optionId = (entry: Entry) => `${id}-${entry.id}`;

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active?.id]);

  function choose(entry: Entry) {
    // First, because closing returns the focus.
    dialog.current?.close();
    entry.run();
  }

  function again(search: () => void) {
    // The pressed button disappears.
    field.current?.focus();
    search();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    const index = active ? entries.indexOf(active) : -1;
    const to = { ArrowDown: index + 1, ArrowUp: index - 1 + entries.length }[event.key];
    if (to !== undefined && entries.length > 0) setSelected(entries[to % entries.length]!.id);
    else if (event.key === 'Enter' && active) choose(active);
    else return;
    event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label={texts.searchLabel}
      onClose={onClose}
      // A click beside the dialog has the dialog itself as its target.
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="palette-field">
        <Icon name="search" />
        <input
          ref={field}
          autoFocus
          role="combobox"
          dir="auto"
          maxLength={LONGEST_QUERY}
          placeholder={texts.searchPlaceholder}
          aria-label={texts.searchLabel}
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={active && optionId(active)}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setSelected(undefined);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" className="icon-button" aria-label={texts.close} title={texts.close} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <div ref={list} id={`${id}-list`} className="palette-list" role="listbox" aria-label={texts.searchLabel}>
        {groups.map(({ label, entries }, index) => (
          <div key={label} role="group" aria-labelledby={`${id}-group-${index}`}>
            <div id={`${id}-group-${index}`} className="period" role="presentation">
              {label}
            </div>
            {entries.map((entry) => (
              <PaletteOption
                key={entry.id}
                id={optionId(entry)}
                entry={entry}
                selected={entry === active}
                onSelect={() => setSelected(entry.id)}
                onChoose={() => choose(entry)}
              />
            ))}
          </div>
        ))}
      </div>
      <footer>
        <p className="hint" role="status">
          {found.failure ? reasonOf(found.failure, { BAD_USER_INPUT: texts.tooManyWords }) : statusText()}
        </p>
        {found.status === 'failed' && (
          <button type="button" className="link" onClick={() => again(retry)}>
            {texts.retry}
          </button>
        )}
        {found.status === 'done' && found.after && (
          <button type="button" className="link" onClick={() => again(more)}>
            {texts.showMore}
          </button>
        )}
      </footer>
    </dialog>
  );

  function statusText(): string {
    if (found.status === 'searching') return texts.searching;
    if (words.length === 0) return '';
    return [texts.results(entries.length), !found.complete && texts.indexing].filter(Boolean).join('. ');
  }
}
