// relay-compiler for the documents in relay/: every connection, every type refetched by ID, and mutations that change
// connections.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildSchema, getNamedType, isObjectType } from 'graphql';
import compiler from 'relay-compiler';
import { read } from './sources.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const artifacts = `${here}generated/relay/`;
const schema = buildSchema(read('schema.graphql'));
const source = read('tests/schema/relay/conversations.js');

test('relay-compiler accepts the schema and documents that use all of Relay', async () => {
  await rm(artifacts, { recursive: true, force: true });
  await mkdir(artifacts, { recursive: true });
  const { stdout, stderr } = await promisify(execFile)(compiler, ['relay.config.json'], { cwd: here }).catch((failed) =>
    assert.fail(`${failed.stdout}${failed.stderr}`),
  );
  assert.doesNotMatch(stdout + stderr, /warn|error/i);
  for (const [, query] of source.matchAll(/queryName: "(\w+)"/g)) {
    const artifact = await readFile(`${artifacts}${query}.graphql.js`, 'utf8');
    assert.match(artifact, /"text": "query [^"]*\bnode\(id: \$id\)/, `${query} refetches by ID`);
  }
});

test('the documents refetch every type that implements Node', () => {
  for (const { name } of schema.getPossibleTypes(schema.getType('Node'))) {
    assert.match(source, new RegExp(`on ${name}\\s[^{]*(\\{[^}]*\\}[^{]*)*@refetchable`), name);
  }
});

test('the documents page through every connection', () => {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    for (const field of Object.values(type.getFields())) {
      if (!getNamedType(field.type).name.endsWith('Connection')) continue;
      assert.match(source, new RegExp(`\\b${field.name}\\([^)]*\\) @connection`), `${type.name}.${field.name}`);
    }
  }
});
