/** What the server has written into the page's head about the playground (`src/transport/pages.rs`). */
const playground = document.querySelector<HTMLMetaElement>('meta[name="confab-playground"]')?.content;

/** Whether this server serves the playground. */
export const hasPlayground = playground !== 'off';

/** Whether introspection is off, as it is in production. */
export const withoutSchema = playground === 'without-schema';
