import { createStore } from '../../store';
import { sharedStorage } from '../deviceStorage';

/** Width of the sidebar in pixels. */
export const NARROWEST = 200;
export const WIDEST = 480;
export const DEFAULT_WIDTH = 272;

export interface SidebarLayout {
  readonly width: number;
  readonly collapsed: boolean;
}

const KEY = 'confab:sidebar';

/** The layout of the sidebar on a large screen. It is kept on the device. */
export const sidebarStore = createStore<SidebarLayout>(stored(sharedStorage.get(KEY)));

/** Changes the layout. The width is limited to what is usable. */
export function layOutSidebar(next: Partial<SidebarLayout>): void {
  const layout = limited({ ...sidebarStore.get(), ...next });
  sidebarStore.set(layout);
  sharedStorage.set(KEY, JSON.stringify(layout));
}

/** Returns a layout that was stored. Invalid parts have their defaults. */
export function stored(text: string | undefined): SidebarLayout {
  let value: Partial<Record<keyof SidebarLayout, unknown>> = {};
  try {
    value = JSON.parse(text ?? '{}') ?? {};
  } catch {
    // The defaults apply.
  }
  const { width, collapsed } = value;
  return limited({ width: typeof width === 'number' ? width : DEFAULT_WIDTH, collapsed: collapsed === true });
}

function limited({ width, collapsed }: SidebarLayout): SidebarLayout {
  return { width: Math.round(Math.min(WIDEST, Math.max(NARROWEST, width))), collapsed };
}
