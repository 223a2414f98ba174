import { Suspense } from 'react';
import { act, create, type ReactTestRenderer } from 'react-test-renderer';
import { RelayEnvironmentProvider } from 'react-relay';
import type { Environment } from 'relay-runtime';
import { Conversation } from './examples/Messages.tsx';
import { followReply, relayEnvironment } from './examples/relay.ts';
import { suite } from './support/suite.ts';

suite('Relay', ['WebSocket', 'SSE'], (session, transport) => {
  const environment = relayEnvironment(session, transport);
  // Relay's own functions accept only documents that its compiler has read. The test's documents use the network layer.
  const execute = (text: string, variables: Record<string, unknown> = {}) =>
    new Promise<any>((resolve, reject) => {
      const operation = { text, name: 'Test', operationKind: 'query', id: null, cacheID: text, metadata: {} } as const;
      environment.getNetwork().execute(operation as any, variables, { force: true }).subscribe({
        next: (result: any) => (result.errors ? reject(result.errors) : resolve(result.data)),
        error: reject,
      });
    });
  return {
    query: execute,
    mutate: execute,
    allMessages: (id, first) => clickThrough(environment, id, first),
    followReply: (id, onText) => followReply(environment, id, onText),
  };
});

/** Clicks the button that loads more until it disappears. */
async function clickThrough(environment: Environment, id: string, first: number): Promise<{ id: string }[]> {
  let renderer!: ReactTestRenderer;
  await act(async () => {
    renderer = create(
      <RelayEnvironmentProvider environment={environment}>
        <Suspense fallback="Loading">
          <Conversation id={id} first={first} />
        </Suspense>
      </RelayEnvironmentProvider>,
    );
  });
  const shown = () => renderer.root.findAllByType('p').map(({ children }) => ({ id: String(children[0]) }));
  const settled = async (more: number) => {
    while (shown().length < more) await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
  };
  await settled(1);
  for (let [button] = renderer.root.findAllByType('button'); button; [button] = renderer.root.findAllByType('button')) {
    const before = shown().length;
    await act(async () => button!.props.onClick());
    await settled(before + 1);
  }
  const all = shown();
  await act(async () => renderer.unmount());
  return all;
}
