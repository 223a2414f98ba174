/** State of the playground. The server writes it, and the name below, into the page's head (`src/transport/pages.rs`). */
const playground = document.querySelector<HTMLMetaElement>('meta[name="confab-playground"]')?.content;

/** True if this server serves the playground. */
export const hasPlayground = playground !== 'off';

/** Name of the identity provider at which users can sign in; empty if there is none, as on the development server. */
export const signInProvider = (document.querySelector<HTMLMetaElement>('meta[name="confab-sign-in"]')?.content ?? '').replace(/^__SIGN_IN__$/, '');

/** True if introspection is off, as in production. */
export const withoutSchema = playground === 'without-schema';
