/** Waits before the next attempt to connect: longer each time, up to 30 seconds, with random jitter. */
export function pause(attempt: number): Promise<void> {
  const longest = Math.min(30_000, 250 * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
