import { createStore, isRecord } from '../store';

/**
 * The access token of the last `register`, `logIn` or `refreshSession`, sent with operations whose headers name no other.
 * It lives as long as the browser tab, and is gone with it.
 */
export interface Token {
  accessToken: string;
  /** The address it was issued to, when the operation asked for it. */
  email?: string;
}

interface State {
  token?: Token;
  /** Whether the server has turned down the token we had. */
  refused?: boolean;
}

const KEY = 'confab:playground:token';

export const tokenStore = createStore<State>({ token: restore() });

/** Looks for an access token among the top-level fields of a result. */
export function learnToken(data: unknown): void {
  if (!isRecord(data)) return;
  for (const payload of Object.values(data)) {
    if (!isRecord(payload) || typeof payload.accessToken !== 'string') continue;
    const email = isRecord(payload.user) ? payload.user.email : undefined;
    const token: Token = { accessToken: payload.accessToken, email: typeof email === 'string' ? email : undefined };
    sessionStorage.setItem(KEY, JSON.stringify(token));
    tokenStore.set({ token });
  }
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
  tokenStore.set({});
}

/** Drops a token the server did not accept, unless a newer one has taken its place meanwhile. */
export function dropRefusedToken(token: Token): void {
  if (tokenStore.get().token !== token) return;
  sessionStorage.removeItem(KEY);
  tokenStore.set({ refused: true });
}

function restore(): Token | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    return isRecord(kept) && typeof kept.accessToken === 'string' ? (kept as unknown as Token) : undefined;
  } catch {
    return undefined;
  }
}
