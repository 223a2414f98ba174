// Compares the schema with that of the last release, `released.graphql`: whatever worked with it must still work.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, findBreakingChanges, findDangerousChanges, isInputObjectType } from 'graphql';
import { read } from './sources.js';

/** Accepted changes since the last release that only look breaking, by their description, each with the reason. */
const accepted = new Map([
  [
    'Mutation.createConversation arg input has changed defaultValue from {model: null, systemPrompt: null, title: null} to {generation: null, model: null, systemPrompt: null, title: null}.',
    'A new field of the input is null in the default, which means that it is not given.',
  ],
]);

const released = buildSchema(read('tests/schema/released.graphql'));

/**
 * Returns the changes that can break a client. graphql-js classifies a changed default of an argument as dangerous, and
 * ignores the defaults of input fields; a client that omits them notices both. New values of enums and new implementations
 * of interfaces are allowed, because clients must expect them.
 */
function breakingChanges(from, to) {
  const defaults = findDangerousChanges(from, to).filter(({ type }) => type === 'ARG_DEFAULT_VALUE_CHANGE');
  return [...findBreakingChanges(from, to), ...defaults].map(({ description }) => description).concat(inputs(from, to));
}

function inputs(from, to) {
  const changed = [];
  for (const type of Object.values(from.getTypeMap()).filter(isInputObjectType)) {
    const now = to.getType(type.name);
    if (!isInputObjectType(now)) continue;
    for (const { name, defaultValue } of Object.values(type.getFields())) {
      const field = now.getFields()[name];
      if (field && JSON.stringify(field.defaultValue) !== JSON.stringify(defaultValue)) {
        changed.push(`${type.name}.${name} has changed its default.`);
      }
    }
  }
  return changed;
}

test('the schema breaks no client of the last release', () => {
  const found = breakingChanges(released, buildSchema(read('schema.graphql')));
  assert.deepEqual(found.filter((change) => !accepted.has(change)), []);
  assert.deepEqual([...accepted.keys()].filter((change) => !found.includes(change)), [], 'accepted, but not found');
});

const breaking = [
  ['a field is removed', 'title: String!', '', 'Conversation.title was removed.'],
  ['a type is changed', 'expiresIn: Int!', 'expiresIn: Int', 'AuthPayload.expiresIn changed type from Int! to Int.'],
  ['a value is removed', 'STOPPED', '', 'STOPPED was removed from enum type MessageStatus.'],
  ['an input is required', 'systemPrompt: String\n', 'systemPrompt: String!\n', 'CreateConversationInput.systemPrompt changed type'],
  ['an argument is removed', 'node(id: ID!)', 'node(key: ID!)', 'Query.node arg id was removed.'],
  ['an input has another default', 'whenBusy: WhenBusy! = QUEUE', 'whenBusy: WhenBusy! = REJECT', 'whenBusy'],
  ['a type is no Node', 'type Session implements Node', 'type Session', 'Session no longer implements'],
];
for (const [what, is, becomes, expected] of breaking) {
  test(`a breaking change is detected: ${what}`, () => {
    const text = plain(read('tests/schema/released.graphql'));
    assert.ok(text.includes(is), `the schema has no ${is}`);
    const found = breakingChanges(released, buildSchema(text.replaceAll(is, becomes)));
    assert.ok(found.some((change) => change.includes(expected)), found.join('\n'));
  });
}

/** Returns the schema without descriptions, with each field on one line. */
function plain(text) {
  return text
    .replaceAll(/"""[^]*?"""/g, '')
    .replaceAll(/\(\s+/g, '(')
    .replaceAll(/,\s+/g, ', ')
    .replaceAll(/\s+\)/g, ')');
}
