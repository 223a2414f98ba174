// graphql-eslint for the schema and the page's documents, with all rules. Each rule that is turned off or relaxed has
// its reason beside it.
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

      // Fields and values are in reading order, the important ones first.
      '@graphql-eslint/alphabetize': 'off',
      // The server offers mutations and subscriptions.
      '@graphql-eslint/no-root-type': 'off',
      // `nodes` is offered beside `edges`, and lists that are always short are not connections: the `scopes` of a token,
      // `models`, `sessions`, the IDs in payloads. `edges.test.js` checks which nodes implement `Node`.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // `Conversation.tree` lists parents before their children, so clients read it from the start.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // A payload has the objects that the mutation has changed. Anything else needs another query: otherwise the cost of a
      // mutation would depend on what is read after it.
      '@graphql-eslint/require-field-of-type-query-in-mutation-result': 'off',
      // A mutation without a payload has failed, and clients do not send operations with two mutations. Nullable payloads
      // would break the types of every existing client.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
      // Only objects that can be fetched again have an ID. These are parts of a response, or events with a cursor.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            suffixes: ['Payload', 'Connection', 'Edge'],
            types: [
              'Context',
              'Generation',
              'Limits',
              'PageInfo',
              'ReplyError',
              'Usage',
              // Events of `changes`.
              'BranchSwitched',
              'ConversationChanged',
              'ConversationCreated',
              'ConversationDeleted',
              'MessageAdded',
              'MessageChanged',
              'Reload',
              'ReplyEnded',
              // Events of `reply`.
              'ReplyDelta',
              'ReplyFinished',
              'ReplySnapshot',
              // Parts of a message.
              'PartDelta',
              'ReasoningPart',
              'SourcePart',
              'TextPart',
              'ToolCallPart',
              // Results of a search, which depend on the query.
              'SearchHit',
              'SnippetPart',
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

      // Fields are in the order of the schema.
      '@graphql-eslint/alphabetize': 'off',
      // A file has the operations of one part of the page, with the fragments that only they use, and is named after the
      // part. `web/generate.js` joins the files, so nothing needs to be imported.
      '@graphql-eslint/lone-executable-definition': 'off',
      '@graphql-eslint/match-document-filename': 'off',
      '@graphql-eslint/require-import-fragment': 'off',
    },
  },
];
