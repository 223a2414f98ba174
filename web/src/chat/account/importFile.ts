import { isRecord } from '../../store';
import { ApiError } from '../graphql/apiError';
import { execute } from '../graphql/client';
import { accountTexts } from '../texts';
import { ImportConversationsDocument } from './generated';

/** Size of the largest file that the server accepts, in bytes. */
export const LARGEST_FILE = 256 * 1024 * 1024;

/** What has become of the chats in a file. */
export interface Summary {
  readonly imported: number;
  /** Number of chats that the user had already. */
  readonly present: number;
  readonly skipped: number;
  /** Why chats were skipped: the first 100. */
  readonly reasons: readonly { readonly title: string | null; readonly reason: string }[];
  /** Why the rest of the file was not read. */
  readonly error: string | null;
}

/** Imports the chats of a file. `onProgress` gets the share that the server has received, from 0 to 1. */
export async function importFile(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Summary> {
  const { url } = (await execute(ImportConversationsDocument, {})).importConversations;
  signal.throwIfAborted();
  const { status, responseText } = await put(url, file, onProgress, signal);
  return summaryOf(status, responseText);
}

/** Sends a file. With `XMLHttpRequest`, because `fetch` does not report the progress. */
function put(url: string, file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => resolve(request);
    request.onerror = request.onabort = () => reject(new ApiError({ code: 'UNREACHABLE', message: 'The file was not sent.' }));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** Returns the summary in the response to a file. Throws an {@link ApiError} if the server has refused the file unread. */
export function summaryOf(status: number, body: string): Summary {
  const response = parsed(body);
  if (typeof response.imported === 'number') return response as unknown as Summary;
  const [error] = Array.isArray(response.errors) ? (response.errors as unknown[]) : [];
  if (isRecord(error) && isRecord(error.extensions)) {
    const { code, retryAfter } = error.extensions;
    throw new ApiError({ code: String(code), message: String(error.message), retryAfter: Number(retryAfter) || undefined });
  }
  // A proxy may have a limit of its own.
  if (status === 413) throw new ApiError({ code: 'BAD_USER_INPUT', message: accountTexts.fileTooLarge });
  throw new ApiError({ code: status >= 500 ? 'UNAVAILABLE' : 'BAD_USER_INPUT', message: accountTexts.fileRefused(status) });
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
