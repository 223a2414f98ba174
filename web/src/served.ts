/** State of the playground, which the server writes into the page's head (`src/transport/pages.rs`). */
const playground = document.querySelector<HTMLMetaElement>('meta[name="confab-playground"]')?.content;

/** True if this server serves the playground. */
export const hasPlayground = playground !== 'off';

/** True if introspection is off, as in production. */
export const withoutSchema = playground === 'without-schema';
