import { useEffect, useState, useSyncExternalStore } from 'react';
import { beginEdit } from '../branches/editing';
import { Composer } from '../composer/Composer';
import { keepNewGeneration, keepNewInstructions, newGeneration, newInstructions } from '../composer/drafts';
import { ConnectionStatus } from '../ConnectionStatus';
import { missingStore } from '../messages/actions';
import { inProgress } from '../messages/list';
import { MessageList } from '../messages/MessageList';
import { unsavedChoice, choicesStore, choose, moveChoice, NEW_CHAT } from '../models/choice';
import { defaultsStore } from '../models/defaults';
import { DemoNote } from '../models/DemoNote';
import { ModelPicker } from '../models/ModelPicker';
import { availableModel, modelsStore } from '../models/models';
import { send } from '../outbox/flush';
import { isNew, newConversation } from '../outbox/outbox';
import { outboxStore } from '../outbox/storage';
import { followReplies } from '../replies/follow';
import { stopReply } from '../replies/stop';
import { open, pathTo } from '../route';
import type { User } from '../session/session';
import { useStateOf } from '../state';
import { MOD } from '../shortcuts/keys';
import { openShortcuts } from '../shortcuts/Shortcuts';
import { texts } from '../texts';
import { Icon } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { updateConversation } from './actions';
import { ArchivedNote } from './ArchivedNote';
import { ChatMenu } from './ChatMenu';
import { ChatSettingsDialog } from './ChatSettingsDialog';
import { followsInPage } from './followsInPage';
import { isDefault, noParameters, type Generation } from './generation';
import { conversationOf } from './list';
import { Starters } from './Starters';
import { Title } from './Title';

interface Props {
  user: User;
  /** `undefined` or a temporary name if the chat has not started. */
  conversationId: string | undefined;
  listOpen: boolean;
  onToggleList: () => void;
}

export function ConversationView({ user, conversationId, listOpen, onToggleList }: Props) {
  const started = conversationId !== undefined && !isNew(conversationId);
  const name = conversationId ?? NEW_CHAT;
  const conversation = useStateOf(({ conversations }) => conversationOf(conversations, conversationId));
  const writing = useStateOf(({ messages }) =>
    conversationId ? messages[conversationId]?.items.find(inProgress)?.id : undefined,
  );
  const lastQuestion = useStateOf(({ messages }) =>
    conversationId ? messages[conversationId]?.items.findLast(({ role }) => role === 'USER') : undefined,
  );
  const unsent = useSyncExternalStore(outboxStore.subscribe, outboxStore.get);
  const missing = useSyncExternalStore(missingStore.subscribe, missingStore.get);
  const deleted = useStateOf(({ conversations }) => conversationId !== undefined && conversations.deleted.has(conversationId));
  const choice = useSyncExternalStore(choicesStore.subscribe, () => unsavedChoice(user.id, name));
  const defaults = useSyncExternalStore(defaultsStore.subscribe, defaultsStore.get);
  const models = useSyncExternalStore(modelsStore.subscribe, modelsStore.get);
  const [changedPrompt, setChangedPrompt] = useState(() => newInstructions(user.id));
  const [startGeneration, setStartGeneration] = useState(() => newGeneration(user.id));
  // The conversation whose settings are open.
  const [instructing, setInstructing] = useState<string>();

  useEffect(() => (started ? followReplies(conversationId) : undefined), [started, conversationId]);
  useEffect(() => setInstructing(undefined), [conversationId]);

  // A new chat is empty again when its first message has been discarded.
  const isEmpty = !started && !unsent.some((entry) => entry.conversation === conversationId);
  const isMissing = conversationId !== undefined && (missing.has(conversationId) || deleted);
  // A model that is no longer available would be refused.
  const newModel = models.length === 0 || models.some(({ id }) => id === defaults.model) ? defaults.model : '';
  // Empty for the default model; `undefined` until the conversation is loaded.
  const model = choice ?? (started ? conversation && (conversation.model ?? '') : newModel);
  const newPrompt = changedPrompt ?? defaults.instructions;
  const instructions = (started ? conversation?.systemPrompt : newPrompt) ?? '';
  const generation = (started ? conversation?.generation : startGeneration) ?? noParameters;

  function onSend(...contents: string[]) {
    const target = conversationId ?? newConversation();
    // A chat that starts with the default model keeps following the default.
    const sentModel = isEmpty ? model : availableModel(model ?? '');
    const options = started ? {} : {
      model: sentModel || undefined,
      systemPrompt: newPrompt || undefined,
      generation: isDefault(startGeneration) ? undefined : startGeneration,
    };
    for (const content of contents) send(target, content, options);
    if (!started) {
      instructNew(undefined);
      parameterizeNew(noParameters);
    }
    if (target === conversationId) return;
    moveChoice(user.id, name, target);
    open(target);
  }

  /** Stores the instructions for a new chat. They are sent with its first message. `undefined` stands for the default ones. */
  function instructNew(prompt: string | undefined) {
    setChangedPrompt(prompt);
    keepNewInstructions(user.id, prompt);
  }

  /** Stores the generation parameters for a new chat. They are sent with its first message, too. */
  function parameterizeNew(parameters: Generation) {
    setStartGeneration(parameters);
    keepNewGeneration(user.id, parameters);
  }

  async function onSettings(systemPrompt: string, parameters: Generation) {
    if (started) {
      await updateConversation({ id: conversationId, systemPrompt: systemPrompt || null, generation: parameters });
      return;
    }
    instructNew(systemPrompt === defaults.instructions ? undefined : systemPrompt);
    parameterizeNew(parameters);
  }

  return (
    <main className="conversation" data-empty={isEmpty || undefined}>
      <header className="top">
        <button
          type="button"
          className="icon-button list-opener"
          aria-label={texts.openList}
          aria-expanded={listOpen}
          title={`${texts.openList} (${MOD}+B)`}
          onClick={onToggleList}
        >
          <Icon name="sidebar" />
        </button>
        {!isMissing && conversation ? (
          <Title key={conversation.id} conversation={conversation} />
        ) : (
          <h1 dir="auto">
            {isMissing ? texts.missingTitle : started ? <span className="visually-hidden">{texts.untitled}</span> : texts.newChat}
          </h1>
        )}
        {/* Hidden until the instructions are loaded. */}
        {!isMissing && (isEmpty || conversation) && (
          <div className="chat-tools">
            <button
              type="button"
              className="icon-button"
              aria-label={texts.chatSettings}
              title={texts.chatSettings}
              data-set={instructions || !isDefault(generation) ? true : undefined}
              onClick={() => setInstructing(name)}
            >
              <Icon name="settings" />
            </button>
            {conversation && <ChatMenu conversation={conversation} user={user.name} />}
          </div>
        )}
      </header>
      {isMissing ? (
        <div className="greeting">
          <p>{texts.missing}</p>
          <a href={pathTo()} className="primary" onClick={(event) => followsInPage(event) && open()}>
            {texts.newChat}
          </a>
        </div>
      ) : isEmpty || conversationId === undefined ? (
        <div className="greeting">
          <Logo />
          <p dir="auto">{texts.greeting(user.name)}</p>
        </div>
      ) : (
        <MessageList key={conversationId} user={user.id} conversationId={conversationId} />
      )}
      {!isMissing && <DemoNote />}
      {conversation?.archivedAt && <ArchivedNote conversationId={conversation.id} />}
      <ConnectionStatus />
      {!isMissing && (
        <Composer
          user={user.id}
          conversation={name}
          writing={writing}
          onSend={onSend}
          onEditLast={lastQuestion && (() => beginEdit(user.id, lastQuestion))}
          onStop={() => conversationId && writing && void stopReply(conversationId, writing)}
        >
          <ModelPicker value={model} onChange={(next) => choose(user.id, name, next)} />
        </Composer>
      )}
      {isEmpty && !isMissing && <Starters onSend={onSend} />}
      {isEmpty && (
        <button type="button" className="link keys" onClick={openShortcuts}>
          {texts.shortcuts} <kbd>{MOD} /</kbd>
        </button>
      )}
      {instructing === name && (
        <ChatSettingsDialog
          key={name}
          user={user.id}
          conversation={name}
          instructions={instructions}
          generation={generation}
          onSave={onSettings}
          onClose={() => setInstructing(undefined)}
        />
      )}
    </main>
  );
}
