import type { ToolCall } from '../replies/parts';
import { texts } from '../texts';

/** The tools that the model's provider has run for a reply. */
export function ToolCalls({ calls }: { calls: readonly ToolCall[] }) {
  return (
    <ul className="tool-calls" aria-label={texts.toolCalls}>
      {calls.map((call) => {
        const searched = query(call);
        return (
          <li key={call.callId} data-status={call.status}>
            {texts.toolCall(call.tool, call.status)}
            {searched && (
              <>
                : <bdi>{searched}</bdi>
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Returns what a search was for. Other arguments are for programs. */
function query({ arguments: json }: ToolCall): string | undefined {
  try {
    const { query } = JSON.parse(json);
    return typeof query === 'string' ? query : undefined;
  } catch {
    return undefined;
  }
}
