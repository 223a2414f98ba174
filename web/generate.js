// Writes src/chat/graphql/generated.ts: a typed document for each operation in src/chat/graphql/*.graphql, validated
// against the schema. Plain JavaScript, because it runs before anything is built (`npm run generate`).
//
// The documents of a lazily loaded part go into its own folder. In the shared file, they would be loaded with the page.
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as operationTypes from '@graphql-codegen/typescript-operations';
import { buildSchema, parse, validate } from 'graphql';
import { readdir, readFile, writeFile } from 'node:fs/promises';

const folder = new URL('src/chat/graphql/', import.meta.url);
const schemaFile = new URL('../schema.graphql', import.meta.url);
const filename = 'generated.ts';

/** Lazily loaded parts. Each is a .graphql file without shared fragments, and a folder of src/chat. */
const lazyParts = ['account', 'search'];

const schemaText = await readFile(schemaFile, 'utf8');
const schema = parse(schemaText);
const schemaAst = buildSchema(schemaText);

const documents = [];
for (const name of (await readdir(folder)).sort()) {
  if (!name.endsWith('.graphql')) continue;
  documents.push({ location: name, document: parse(await readFile(new URL(name, folder), 'utf8')) });
}

const allDocuments = { kind: 'Document', definitions: documents.flatMap(({ document }) => document.definitions) };
const errors = validate(schemaAst, allDocuments);
if (errors.length > 0) throw new Error(errors.map(String).join('\n'));

const config = {
  scalars: { DateTime: 'string' },
  enumsAsTypes: true,
  enumType: 'string-literal',
  avoidOptionals: { field: true, inputValue: false },
  useTypeImports: true,
  dedupeFragments: true,
  documentMode: 'documentNode',
};

const isLazy = ({ location }) => lazyParts.some((part) => location === `${part}.graphql`);
await write(folder, documents.filter((document) => !isLazy(document)));
for (const part of lazyParts) {
  await write(new URL(`../${part}/`, folder), documents.filter(({ location }) => location === `${part}.graphql`));
}

async function write(to, documents) {
  const text = await codegen({
    filename,
    schema,
    schemaAst,
    documents,
    config,
    plugins: [{ operationTypes: {} }, { typedDocuments: {} }],
    pluginMap: { operationTypes, typedDocuments },
  });
  await writeFile(new URL(filename, to), `// Generated from schema.graphql and src/chat/graphql/: npm run generate.\n${text}`);
}
