import type { Awaitable } from '../types.ts'

/**
 * For the hot path, where values are there as a rule: awaiting one that is costs a turn of the microtask
 * queue and a promise, and there are half a dozen on the way of a delivery.
 */
export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return value instanceof Promise
}

/** `Promise.all`, unless all values are there; one alone needs no counting. */
export function all<Value>(values: readonly Awaitable<Value>[]): Awaitable<readonly Value[]> {
  const [first] = values
  if (values.length === 1 && isPromise(first!)) return first.then((value) => [value])
  return values.some(isPromise) ? Promise.all(values) : (values as readonly Value[])
}
