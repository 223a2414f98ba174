import { texts } from './texts';

export interface Result {
  data?: Record<string, unknown> | null;
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[];
  extensions?: Record<string, unknown>;
}

/** Sends an operation over HTTP. A failure on the way is a result too, with an error that has no code. */
export async function post(operation: object, headers: Record<string, string> = {}): Promise<Result> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...headers,
      },
      body: JSON.stringify(operation),
    });
    return await read(response);
  } catch (error) {
    return failure(texts.unreachable(error instanceof Error ? error.message : String(error)));
  }
}

async function read(response: Response): Promise<Result> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Result;
  } catch {
    return failure(texts.notJson(`${response.status} ${response.statusText}`, text.slice(0, 500)));
  }
}

function failure(message: string): Result {
  return { errors: [{ message }] };
}
