/** Waiting for what must become true, never for time to pass. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds on the clock that all processes of the machine share and that nobody sets. */
export const machineNow = (): number => Number(process.hrtime.bigint() / 1000n) / 1000

/** True as soon as the condition is, false if it is not within the time. */
export async function within(
  limitMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const end = machineNow() + limitMs
  for (;;) {
    if (await condition()) return true
    if (machineNow() > end) return false
    await pause(25)
  }
}

/** @throws {Error} if it is not true within the time */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  if (!(await within(limitMs, condition))) throw new Error(`Not within ${limitMs} ms: ${what}`)
}
