import { OperationTypeNode, parse, print } from 'graphql';
import { definitionOf, isPublic } from './operations';
import { withoutSecrets, type Operation } from './secrets';

/** Markers around the name of a shell variable in text that is quoted later. They are private-use characters. */
const [BEGIN, END] = ['\uE000', '\uE001'];

/**
 * Returns a shell command that runs the operation. The access token is the variable `$TOKEN`, and other secrets are
 * variables too (`$PASSWORD`), so that no secret is copied. A subscription uses Server-Sent Events. `undefined` if the
 * document cannot be parsed.
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
    ...(isPublic(definition) ? [] : ['-H "authorization: Bearer $TOKEN"']),
    `--data-raw ${quoted(body)}`,
  ].join(' \\\n  ');
}

/** Converts `refreshToken` to `REFRESH_TOKEN`. */
function shellName(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
}

function quoted(text: string): string {
  const escaped = text.replaceAll("'", String.raw`'\''`);
  return `'${escaped.replaceAll(BEGIN, `'"$`).replaceAll(END, `"'`)}'`;
}
