import { createStore } from '../../store';
import { sharedStorage } from '../deviceStorage';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'confab:theme';

function stored(): Theme {
  const name = sharedStorage.get(KEY);
  return THEMES.find((theme) => theme === name) ?? 'system';
}

export const themeStore = createStore<Theme>(stored());

export function setTheme(theme: Theme): void {
  sharedStorage.set(KEY, theme);
  themeStore.set(theme);
}

function apply(): void {
  const theme = themeStore.get();
  // Colours use `light-dark()`, which follows this property.
  document.documentElement.style.colorScheme = theme === 'system' ? '' : theme;
  // The colour of the browser's frame on a phone.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    meta.media = theme === 'system' ? `(prefers-color-scheme: ${meta.dataset.theme})` : meta.dataset.theme === theme ? '' : 'not all';
  }
}

/** Applies the theme, and follows changes made in other tabs. */
export function keepTheme(): void {
  apply();
  themeStore.subscribe(apply);
  addEventListener('storage', ({ key }) => key === KEY && themeStore.set(stored()));
}
