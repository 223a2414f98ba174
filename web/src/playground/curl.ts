import { OperationTypeNode, parse, print } from 'graphql';
import { definitionOf, isOpen } from './operations';
import { withoutSecrets, type Operation } from './secrets';

/** Stand around the name of a shell variable in a text that is quoted later. No text that people write has them. */
const [BEGIN, END] = ['\uE000', '\uE001'];

/**
 * A shell command that runs the operation. The access token is `$TOKEN` there, and other secrets are variables as well
 * (`$PASSWORD`): none is copied. A subscription comes as Server-Sent Events. Nothing for what cannot be parsed.
 */
export function curlOf(url: string, operation: Operation): string | undefined {
  const definition = definitionOf(operation);
  if (!definition) return undefined;
  const safe = withoutSecrets(operation, (name) => BEGIN + shellName(name) + END);
  const { variables, operationName } = safe;
  const body = JSON.stringify({ query: print(parse(safe.query)), variables, operationName });
  const streams = definition.operation === OperationTypeNode.SUBSCRIPTION;
  return [
    `curl ${streams ? '-sSN' : '-sS'} ${quoted(url)}`,
    `-H 'content-type: application/json'`,
    ...(streams ? [`-H 'accept: text/event-stream'`] : []),
    ...(isOpen(definition) ? [] : ['-H "authorization: Bearer $TOKEN"']),
    `--data-raw ${quoted(body)}`,
  ].join(' \\\n  ');
}

/** `refreshToken` is `REFRESH_TOKEN`. */
function shellName(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
}

function quoted(text: string): string {
  const escaped = text.replaceAll("'", String.raw`'\''`);
  return `'${escaped.replaceAll(BEGIN, `'"$`).replaceAll(END, `"'`)}'`;
}
