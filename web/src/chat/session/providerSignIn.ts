import { pathTo, routeStore } from '../route';
import { texts } from '../texts';

/**
 * Sign-in at the identity provider. The server redirects the browser to the provider and back, and sets the cookie of the
 * session (`src/transport/sign_in.rs`). The page sees neither the provider's tokens nor its errors.
 */
const START = '/sign-in';

/** Query parameter in which the server tells why a sign-in has failed. */
const PROBLEM = 'sign-in';

/** Link that starts a sign-in and returns to the current chat. */
export function signInLink(): string {
  const conversation = routeStore.get();
  return conversation ? `${START}?${new URLSearchParams({ page: pathTo(conversation) })}` : START;
}

/** Link by which a user who is signed in proves again who they are. */
export const signInAgainLink = `${START}?prompt=login`;

/** The reason in the address, as a text. It is removed from the address, so that it is not shown again after a reload. */
let problem = readProblem();

/** Returns why the sign-in has failed that led to this page. The next call returns nothing. */
export function takeSignInProblem(): string | undefined {
  const taken = problem;
  problem = undefined;
  return taken;
}

function readProblem(): string | undefined {
  const parameters = new URLSearchParams(location.search);
  const name = parameters.get(PROBLEM);
  if (name === null) return undefined;
  parameters.delete(PROBLEM);
  const rest = parameters.size > 0 ? `?${parameters}` : '';
  history.replaceState(history.state, '', `${location.pathname}${rest}${location.hash}`);
  return texts.providerProblems[name] ?? texts.providerProblems.failed;
}
