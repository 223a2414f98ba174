import { expect, test, vi } from 'vitest';
import { detectSilence } from './silence';

test('a server that answers pings is never reported as silent', () => {
  const report = vi.fn();
  const detector = detectSilence(() => detector.heard(), report);
  for (let tick = 0; tick < 100; tick++) detector.tick();
  expect(report).not.toHaveBeenCalled();
});

test('a server that answers late is not reported as silent', () => {
  const report = vi.fn();
  const detector = detectSilence(() => {}, report);
  for (let round = 0; round < 10; round++) {
    for (let tick = 0; tick < 4; tick++) detector.tick();
    detector.heard();
  }
  expect(report).not.toHaveBeenCalled();
});

test('silence is reported once, and so is its end', () => {
  const [ping, report] = [vi.fn(), vi.fn()];
  const detector = detectSilence(ping, report);
  for (let tick = 0; tick < 20; tick++) detector.tick();
  expect(ping).toHaveBeenCalledOnce();
  expect(report.mock.calls).toEqual([[true]]);
  detector.heard();
  detector.heard();
  expect(report.mock.calls).toEqual([[true], [false]]);
});
