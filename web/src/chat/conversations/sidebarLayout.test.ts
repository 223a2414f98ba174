import { expect, test } from 'vitest';
import { DEFAULT_WIDTH, layOutSidebar, NARROWEST, sidebarStore, stored, WIDEST } from './sidebarLayout';

test('the width of the sidebar has limits', () => {
  layOutSidebar({ width: 10 });
  expect(sidebarStore.get()).toEqual({ width: NARROWEST, collapsed: false });
  layOutSidebar({ width: 10_000, collapsed: true });
  expect(sidebarStore.get()).toEqual({ width: WIDEST, collapsed: true });
  layOutSidebar({ collapsed: false });
  expect(sidebarStore.get()).toEqual({ width: WIDEST, collapsed: false });
});

test('an invalid layout in the storage is ignored', () => {
  const layout = { width: DEFAULT_WIDTH, collapsed: false };
  for (const text of [undefined, '', '{', 'null', '7', '{"width":"wide","collapsed":1}']) expect(stored(text)).toEqual(layout);
  expect(stored('{"width":300.4,"collapsed":true}')).toEqual({ width: 300, collapsed: true });
});
