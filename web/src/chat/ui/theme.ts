import { createStore } from '../../store';
import { keptHere } from '../kept';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'confab:theme';

function stored(): Theme {
  const name = keptHere.get(KEY);
  return THEMES.find((theme) => theme === name) ?? 'system';
}

export const themeStore = createStore<Theme>(stored());

export function setTheme(theme: Theme): void {
  keptHere.set(KEY, theme);
  themeStore.set(theme);
}

function apply(): void {
  const theme = themeStore.get();
  // Colours are `light-dark()`, which goes by this.
  document.documentElement.style.colorScheme = theme === 'system' ? '' : theme;
  // The frame that a phone draws round the page.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    meta.media = theme === 'system' ? `(prefers-color-scheme: ${meta.dataset.theme})` : meta.dataset.theme === theme ? '' : 'not all';
  }
}

/** Keeps the page in its theme, also when another tab changes it. */
export function keepTheme(): void {
  apply();
  themeStore.subscribe(apply);
  addEventListener('storage', ({ key }) => key === KEY && themeStore.set(stored()));
}
