// main.mjs [HOST]: an OpenID Provider on a free port, for one test. The first line of its output is its address, with
// this name for the machine, or 127.0.0.1. It then reads commands, one per line, and answers each with a line:
//
//   rotate  signs with new keys, and keeps publishing the old ones
//   retire  publishes only the newest keys
//   last    lets new tokens last for a year
//   away    answers every request with 503
//   silent  does not answer requests to the token endpoint
//   forge   followed by JSON: changes the ID tokens that it issues, until the next `back`. `claims` replaces claims, and
//           removes those that are null. `alg` and `kid` replace these headers; with the algorithm `none`, the token has
//           no signature
//   back    ends `away`, `silent` and `forge`
//
// It exits when its input ends. A user's account ID is the login that they enter. The ID of most clients is the algorithm
// with which their access tokens are signed. The clients `public` and `confidential` are a server whose users sign in.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from "jose";
import { Provider } from "oidc-provider";

// Standard output is reserved for the answers.
console.info = console.error;

const ALGORITHMS = ["RS256", "ES256", "EdDSA"];

let seconds = 600;
let generation = 0;
async function newKeys() {
  generation += 1;
  return Promise.all(
    ALGORITHMS.map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: "sig", kid: `${alg}-${generation}` };
    }),
  );
}

// The redirect URIs of native clients may have any port.
const serverClient = {
  application_type: "native",
  redirect_uris: ["http://127.0.0.1/sign-in/callback"],
  id_token_signed_response_alg: "ES256",
};

function provider(issuer, keys) {
  return new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: ["of a test"] },
    clients: [
      ...ALGORITHMS.map((alg) => ({
        client_id: alg,
        token_endpoint_auth_method: "none",
        application_type: "native",
        redirect_uris: ["http://127.0.0.1/signed-in"],
        id_token_signed_response_alg: alg,
      })),
      { ...serverClient, client_id: "public", token_endpoint_auth_method: "none" },
      {
        ...serverClient,
        client_id: "confidential",
        client_secret: "a secret: 100% & more",
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    claims: { profile: ["name"], email: ["email"] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id} of the provider`, email: `${id}@example.com` }),
    }),
    extraTokenClaims: (_ctx, token) => ({
      name: `${token.accountId} of the provider`,
      email: `${token.accountId}@example.com`,
    }),
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (ALGORITHMS.includes(client.clientId) ? "https://chat.example/graphql" : undefined),
        getResourceServerInfo: (_ctx, resource, client) => ({
          audience: resource,
          scope: "chat",
          accessTokenFormat: "jwt",
          accessTokenTTL: seconds,
          jwt: { sign: { alg: client.clientId } },
        }),
      },
    },
  });
}

/** Changes the ID token in an answer of the token endpoint. */
async function forged(answer, { claims, alg = "ES256", kid = `ES256-${generation}` }) {
  const tokens = JSON.parse(answer);
  if (!tokens.id_token) return answer;
  const all = Object.entries({ ...decodeJwt(tokens.id_token), ...claims }).filter(([, value]) => value !== null);
  const payload = Object.fromEntries(all);
  const key = keys.find((key) => key.alg === alg);
  tokens.id_token = key
    ? await new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(await importJWK(key, alg))
    : new UnsecuredJWT(payload).encode();
  return JSON.stringify(tokens);
}

let handle;
let away = false;
let silent = false;
let forgery;
const server = createServer((request, response) => {
  const exchange = request.url === "/token";
  if (away) {
    response.writeHead(503).end();
    return;
  }
  if (exchange && silent) return;
  if (exchange && forgery) {
    const { end } = response;
    response.end = async (body) => {
      const answer = await forged(String(body), forgery);
      response.setHeader("content-length", Buffer.byteLength(answer));
      end.call(response, answer);
    };
  }
  handle(request, response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://${process.argv[2] ?? "127.0.0.1"}:${server.address().port}`;
let keys = await newKeys();
handle = provider(issuer, keys).callback();
console.log(issuer);

const commands = {
  async rotate() {
    keys = [...(await newKeys()), ...keys];
  },
  retire() {
    keys = keys.slice(0, ALGORITHMS.length);
  },
  last() {
    seconds = 365 * 24 * 3600;
  },
  away() {
    away = true;
  },
  silent() {
    silent = true;
  },
  forge(forged) {
    forgery = JSON.parse(forged);
  },
  back() {
    away = silent = false;
    forgery = undefined;
  },
};
for await (const line of createInterface(process.stdin)) {
  const [, name, argument] = /^(\w+) ?(.*)$/.exec(line);
  await commands[name](argument);
  handle = provider(issuer, keys).callback();
  console.log("done");
}
process.exit(0);
