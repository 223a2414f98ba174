// graphql-eslint over the schema and the page's documents: every rule there is, but for those below. Each rule that is
// turned off or relaxed has its reason beside it.
import { fileURLToPath } from 'node:url';
import graphql from '@graphql-eslint/eslint-plugin';

const root = fileURLToPath(new URL('../../', import.meta.url));
const schema = `${root}schema.graphql`;
const documents = `${root}web/src/**/*.graphql`;
const { configs } = graphql;

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema, documents } },
    },
  },
  {
    files: ['schema.graphql'],
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-all'].rules,
      ...configs['flat/schema-relay'].rules,

      // Fields and values stand in the order in which they are read: the important ones first.
      '@graphql-eslint/alphabetize': 'off',
      // The server has mutations and subscriptions: that is its purpose.
      '@graphql-eslint/no-root-type': 'off',
      // `nodes` stands beside `edges`, and lists that are always short are no connections: a token's `scopes`,
      // `models`, `sessions`, the ids in payloads.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      // A payload has the objects that the mutation has changed. Anything else is another query: the cost of a mutation
      // would depend on what is read after it.
      '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'off',
      // A mutation without a payload has failed, and an operation with two mutations is not what clients send. Making
      // the payloads nullable would break the types of every client that exists.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
      // Only objects that can be fetched again have an id. These are parts of an answer, or events with a cursor.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            suffixes: ['Payload', 'Connection', 'Edge'],
            types: [
              'PageInfo',
              'ReplyError',
              'Usage',
              // Events of `changes`.
              'ConversationChanged',
              'ConversationCreated',
              'ConversationDeleted',
              'MessageAdded',
              'Reload',
              'ReplyEnded',
              // Events of `reply`.
              'ReplyDelta',
              'ReplyFinished',
              'ReplySnapshot',
            ],
          },
        },
      ],
    },
  },
  {
    files: ['web/**/*.graphql'],
    rules: {
      ...configs['flat/operations-recommended'].rules,
      ...configs['flat/operations-all'].rules,

      // Fields stand in the order of the schema.
      '@graphql-eslint/alphabetize': 'off',
      // A file has the operations of one part of the page, with the fragments that only they use. It has the name of
      // the part, and `web/generate.js` joins the files: nothing has to be imported.
      '@graphql-eslint/lone-executable-definition': 'off',
      '@graphql-eslint/match-document-filename': 'off',
      '@graphql-eslint/require-import-fragment': 'off',
    },
  },
];
