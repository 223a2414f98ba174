/** What the server has written about the playground into the page's head (`src/transport/pages.rs`). */
const playground = document.querySelector<HTMLMetaElement>('meta[name="confab-playground"]')?.content;

/** Whether this server serves the playground. */
export const hasPlayground = playground !== 'off';

/** Whether introspection is off, as in production. */
export const withoutSchema = playground === 'without-schema';
