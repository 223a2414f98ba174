import { expect, test } from 'vitest';
import { parseBlocks } from './blocks';
import { headingLevels } from './headings';

function levels(markdown: string): number[] {
  return headingLevels(parseBlocks(markdown).blocks).filter((level) => level !== undefined);
}

test('headings start at level 3, whichever level the model starts with', () => {
  expect(levels('# One\n\n## Two\n\n## Two')).toEqual([3, 4, 4]);
  expect(levels('### One\n\ntext\n\n#### Two\n\n### One')).toEqual([3, 4, 3]);
});

test('no level is skipped', () => {
  expect(levels('# One\n\n### Two\n\n###### Three\n\n## Two')).toEqual([3, 4, 5, 4]);
});

test('the deepest level is 6', () => {
  expect(levels('# 1\n\n## 2\n\n### 3\n\n#### 4\n\n##### 5')).toEqual([3, 4, 5, 6, 6]);
});
