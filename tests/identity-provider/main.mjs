// An OpenID Provider on a free port, for one test. The first line of its output is its address. It then reads commands,
// one per line, and answers each with a line:
//
//   rotate  signs with new keys, and keeps publishing the old ones
//   retire  publishes only the newest keys
//   last    lets new tokens last for a year
//   away    answers every request with 503
//   back    ends `away`
//
// It exits when its input ends. A user's account ID is the login that they enter. A client's ID is the algorithm with
// which its access tokens are signed.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair } from "jose";
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

function provider(issuer, keys) {
  return new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: ["of a test"] },
    clients: ALGORITHMS.map((alg) => ({
      client_id: alg,
      token_endpoint_auth_method: "none",
      application_type: "native",
      redirect_uris: ["http://127.0.0.1/signed-in"],
      id_token_signed_response_alg: alg,
    })),
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_ctx, token) => ({
      name: `${token.accountId} of the provider`,
      email: `${token.accountId}@example.com`,
    }),
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "https://chat.example/graphql",
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

let handle;
let away = false;
const server = createServer((request, response) => {
  if (away) {
    response.writeHead(503).end();
  } else {
    handle(request, response);
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
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
  back() {
    away = false;
  },
};
for await (const command of createInterface(process.stdin)) {
  await commands[command]();
  handle = provider(issuer, keys).callback();
  console.log("done");
}
process.exit(0);
