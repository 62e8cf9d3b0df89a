/** What a promise comes to, unless it takes more milliseconds, or the signal aborts. It is not stopped by that. */
export async function within<Value>(
  ms: number,
  promise: Promise<Value>,
  signal?: AbortSignal,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let onAbort: (() => void) | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`No answer within ${Math.ceil(ms)} ms`)), ms)
        onAbort = () => reject(new Error('Nobody waits for the answer any more'))
        if (signal?.aborted) onAbort()
        signal?.addEventListener('abort', onAbort)
      }),
    ])
  } finally {
    clearTimeout(timer)
    if (onAbort) signal?.removeEventListener('abort', onAbort)
  }
}
