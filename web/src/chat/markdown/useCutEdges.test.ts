import { expect, test } from 'vitest';
import { cutOf } from './useCutEdges';

test.each([
  [0, 500, false, undefined],
  [0, 501, false, undefined],
  [0, 800, false, 'right'],
  [100, 800, false, 'both'],
  [299.5, 800, false, 'left'],
  [0, 800, true, 'left'],
  [-100, 800, true, 'both'],
  [-300, 800, true, 'right'],
])('scrolled to %d, a width of %d in 500 (right to left: %s) is cut off at: %s', (scrollLeft, scrollWidth, rtl, cut) =>
  expect(cutOf({ scrollLeft, scrollWidth, clientWidth: 500 }, rtl)).toBe(cut),
);
