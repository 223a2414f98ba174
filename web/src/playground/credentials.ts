import { isRecord } from '../store';

/** The account that the examples register and sign in to. */
interface Credentials {
  email: string;
  password: string;
}

const KEY = 'confab:playground:account';

/** What stands in the examples, and what has been made in its place: nothing that people type. */
const EXAMPLE_EMAIL = /^ada(-[a-z0-9]{10})?@example\.com$/;

/** For the next Register: new whenever the page is opened and after each success, so that it works every time. */
let next = random();

function random(): Credentials {
  const letters = [...crypto.getRandomValues(new Uint8Array(26))].map((byte) => (byte % 36).toString(36)).join('');
  return { email: `ada-${letters.slice(0, 10)}@example.com`, password: letters.slice(10) };
}

/** Variables of an example with an account that fits; those that are not the example's stay as they are. */
export function withCredentials(operationName: string, variables: string): string {
  if (operationName !== 'Register' && operationName !== 'LogIn') return variables;
  const { email, password } = operationName === 'LogIn' ? (registered() ?? next) : next;
  try {
    const parsed: unknown = JSON.parse(variables);
    if (!isRecord(parsed) || !isRecord(parsed.input) || !EXAMPLE_EMAIL.test(String(parsed.input.email))) return variables;
    if (parsed.input.email === email && parsed.input.password) return variables;
    return JSON.stringify({ ...parsed, input: { ...parsed.input, email, password } }, null, 2);
  } catch {
    return variables;
  }
}

/** To be told of each account that is registered: LogIn signs in to the last one, for as long as this browser tab lives. */
export function learnRegistration(variables: unknown): void {
  if (!isRecord(variables) || !isRecord(variables.input) || variables.input.email !== next.email) return;
  sessionStorage.setItem(KEY, JSON.stringify(next));
  next = random();
}

function registered(): Credentials | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Credentials | null) ?? undefined;
  } catch {
    return undefined;
  }
}
