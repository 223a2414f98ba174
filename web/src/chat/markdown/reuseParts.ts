/**
 * Returns a value equal to `now` that reuses the equal parts of `before`. So components can see by object identity what
 * has changed, such as one item of a long list.
 */
export function reuseParts<T>(before: unknown, now: T): T {
  if (Array.isArray(before) && Array.isArray(now)) {
    const parts = now.map((part, index) => reuseParts(before[index], part));
    const isSame = parts.length === before.length && parts.every((part, index) => Object.is(part, before[index]));
    return (isSame ? before : parts) as T;
  }
  if (!isObject(before) || !isObject(now)) return now;
  const keys = Object.keys(now);
  const parts = Object.fromEntries(keys.map((key) => [key, reuseParts(before[key], now[key])]));
  const isSame = keys.length === Object.keys(before).length && keys.every((key) => Object.is(parts[key], before[key]));
  return (isSame ? before : parts) as T;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
