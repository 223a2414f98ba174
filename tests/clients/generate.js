// Generates what the examples import: Relay's artifacts, and the schema for the caches of urql and Apollo.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, introspectionFromSchema } from 'graphql';
import relay from 'relay-compiler';

process.chdir(import.meta.dirname);
mkdirSync('examples/__generated__', { recursive: true });
const schema = buildSchema(readFileSync('../../schema.graphql', 'utf8'));
const introspection = introspectionFromSchema(schema);
const abstract = introspection.__schema.types.filter(({ possibleTypes }) => possibleTypes);
const possible = abstract.map(({ name, possibleTypes }) => [name, possibleTypes.map(({ name }) => name)]);
writeFileSync('examples/__generated__/introspection.json', JSON.stringify(introspection));
writeFileSync('examples/__generated__/possible-types.json', JSON.stringify(Object.fromEntries(possible)));
execFileSync(relay, [], { stdio: ['ignore', 'ignore', 'inherit'] });
