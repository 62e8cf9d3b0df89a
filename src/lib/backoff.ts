/**
 * Milliseconds to wait before another attempt, "full jitter": anything up to a limit that doubles with every
 * attempt, so that what failed together is not tried again together.
 *
 * @param attempt the one that failed, from 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): number {
  return Math.round(random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1)))
}
