/**
 * Drains on SIGTERM and SIGINT and lets the process end by itself. What keeps it alive past the limit, such
 * as an effect that never settles, is cut off: the platform's SIGKILL would come next.
 *
 * @returns leaves the signals to others again, unless one has come
 */
export function onSignals(close: () => Promise<boolean>, drainMs: number): () => void {
  let draining = false
  const stop = (signal: NodeJS.Signals) => {
    if (draining) {
      if (signal === 'SIGINT') process.exit(130) // Ctrl-C for the second time
      return
    }
    draining = true
    setTimeout(() => process.exit(process.exitCode ?? 1), drainMs + 250).unref()
    close().then(
      (whole) => (process.exitCode ??= whole ? 0 : 1),
      () => (process.exitCode ??= 1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return () => {
    if (draining) return
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
  }
}
