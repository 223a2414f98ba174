// GraphQL Code Generator, as a TypeScript client uses it: types for the schema, and a typed document for each of the
// page's operations. The generated code must compile.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as types from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, isSpecifiedScalarType, parse } from 'graphql';
import { documents, read } from './sources.js';

const folder = fileURLToPath(new URL('generated/codegen/', import.meta.url));
const schema = parse(read('schema.graphql'));
const schemaAst = buildSchema(read('schema.graphql'));
const pages = documents().map((location) => ({ location, document: parse(read(location)) }));

/** Generates a file with some plugins. A scalar that is not configured is an error. */
async function generate(filename, documents, plugins) {
  const text = await codegen({
    filename,
    schema,
    schemaAst,
    documents,
    config: { scalars: { DateTime: 'string' }, strictScalars: true, useTypeImports: true },
    plugins: Object.keys(plugins).map((name) => ({ [name]: {} })),
    pluginMap: plugins,
  });
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${filename}`, text);
  return text;
}

test('the generated code compiles, with a type for each type of the schema and a document for each operation', async () => {
  const ofSchema = await generate('schema.ts', [], { types });
  for (const type of Object.values(schemaAst.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type) || type.name === 'DateTime') continue;
    assert.match(ofSchema, new RegExp(`^export (type|enum) ${type.name}\\b`, 'm'));
  }
  const ofPages = await generate('documents.ts', pages, { operations, typedDocuments });
  const named = pages.flatMap(({ document }) => document.definitions).filter(({ kind }) => kind === 'OperationDefinition');
  assert.ok(named.length > 10, 'the page has operations');
  for (const { name } of named) {
    assert.match(ofPages, new RegExp(`^export const ${name.value}Document\\b`, 'm'));
  }
  await compile();
});

/** Compiles the generated files in strict mode. Fails with the compiler's output. */
async function compile() {
  const tsc = fileURLToPath(new URL('node_modules/.bin/tsc', import.meta.url));
  const files = ['schema.ts', 'documents.ts'].map((name) => `${folder}${name}`);
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler'];
  const run = promisify(execFile)(tsc, [...options, '--skipLibCheck', '--verbatimModuleSyntax', '--types', '', ...files]);
  await run.catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
}
