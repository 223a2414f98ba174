import { isRecord } from '../store';

/** The account that the examples use. */
interface Credentials {
  email: string;
  password: string;
}

const KEY = 'confab:playground:account';

/** Matches the example's email address and the generated ones, which replace it. Users do not type such addresses. */
const EXAMPLE_EMAIL = /^ada(-[a-z0-9]{10})?@example\.com$/;

/** The account for the next Register. A new one for each page load and after each success, so that it always works. */
let next = random();

function random(): Credentials {
  const letters = [...crypto.getRandomValues(new Uint8Array(26))].map((byte) => (byte % 36).toString(36)).join('');
  return { email: `ada-${letters.slice(0, 10)}@example.com`, password: letters.slice(10) };
}

/** Fills a usable account into the variables of an example. Other variables stay unchanged. */
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

/** Remembers a registered account. LogIn uses the last one, as long as this browser tab is open. */
export function recordRegistration(variables: unknown): void {
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
