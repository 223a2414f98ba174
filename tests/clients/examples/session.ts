/** Keeps the tokens of a signed-in user fresh. */
export class Session {
  #tokens: Tokens;
  #renewAt = 0;
  #refreshing: Promise<string> | undefined;

  constructor(readonly url: string, tokens: Tokens) {
    this.#tokens = tokens;
    this.#keep(tokens);
  }

  static async logIn(url: string, email: string, password: string): Promise<Session> {
    const data = await post(url, LOG_IN, { email, password });
    return new Session(url, data.logIn);
  }

  /** Returns an access token, which is refreshed shortly before it expires. */
  async accessToken(): Promise<string> {
    return Date.now() < this.#renewAt ? this.#tokens.accessToken : this.refresh();
  }

  /** Gets new tokens. Call it when the server has refused the access token. Concurrent calls share one request. */
  refresh(): Promise<string> {
    this.#refreshing ??= post(this.url, REFRESH, { refreshToken: this.#tokens.refreshToken })
      .then((data) => this.#keep(data.refreshSession))
      .finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  #keep(tokens: Tokens): string {
    this.#tokens = tokens;
    // Nine tenths of the token's lifetime, by this device's clock: the server's clock may differ.
    this.#renewAt = Date.now() + tokens.expiresIn * 900;
    return tokens.accessToken;
  }
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

const LOG_IN = `mutation ($email: String!, $password: String!) {
  logIn(input: { email: $email, password: $password }) { accessToken refreshToken expiresIn }
}`;
const REFRESH = `mutation ($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { accessToken refreshToken expiresIn }
}`;

async function post(url: string, query: string, variables: object): Promise<any> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as any;
  if (errors) throw new Error(errors[0].message, { cause: errors });
  return data;
}
