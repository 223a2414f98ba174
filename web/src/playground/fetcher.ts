import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { OperationTypeNode, type ExecutionResult, type OperationDefinitionNode } from 'graphql';
import { bearer } from './bearer';
import { recordRegistration } from './credentials';
import { definitionOf, isPublic, rootFields } from './operations';
import { forgetOwnSession, recordSession } from './ownSession';
import { post, type Result } from './post';
import { recordReply } from './lastReply';
import type { Operation } from './secrets';
import { follow } from './socket';

/** Sends subscriptions over a WebSocket, and everything else by POST. */
export const fetcher: Fetcher = (asked, options) => {
  const operation = withRightName(asked);
  const definition = definitionOf(operation);
  const headers = lowerCased(options?.headers ?? {});
  return definition?.operation === OperationTypeNode.SUBSCRIPTION
    ? follow(operation, headers.authorization)
    : run(operation, headers, definition);
};

async function run(
  operation: Operation,
  headers: Record<string, string>,
  definition?: OperationDefinitionNode,
): Promise<ExecutionResult> {
  const anonymous = headers.authorization !== undefined || isPublic(definition);
  let used = anonymous ? undefined : await bearer();
  const send = () => post(operation, used ? { ...headers, authorization: `Bearer ${used.token}` } : headers);
  let result = await send();
  // The server has executed nothing, so the request can be repeated.
  if (used && isRefused(result)) {
    const renewed = await used.renewed();
    if (renewed) {
      used = renewed;
      result = await send();
    }
  }

  recordSession(result.data);
  recordReply(result.data);
  const fields = result.errors ? [] : (rootFields(definition) ?? []);
  if (fields.includes('register')) recordRegistration(operation.variables);
  if (fields.includes('logOut')) forgetOwnSession();
  return result as ExecutionResult;
}

function isRefused({ data, errors }: Result): boolean {
  return !data && (errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED') ?? false);
}

function lowerCased(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** Removes a wrong operation name. For a moment after a change of tabs, GraphiQL sends the name of the previous tab. */
function withRightName(asked: FetcherParams): Operation {
  const { operationName, ...unnamed } = asked as FetcherParams & Operation;
  const wrong = operationName && !definitionOf(asked as Operation) && definitionOf(unnamed);
  return operationName && !wrong ? { ...unnamed, operationName } : unnamed;
}
