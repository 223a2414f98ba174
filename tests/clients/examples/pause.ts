/** Waits before another attempt to connect: longer each time, at most 30 seconds, and not equally long on every device. */
export function pause(attempt: number): Promise<void> {
  const longest = Math.min(30_000, 250 * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
