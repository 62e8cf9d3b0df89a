import type { Awaitable } from '../types.ts'

/** Most values of a delivery's way are there at once; a promise for each costs more than the HMAC. */
export function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return value instanceof Promise
}

/** Goes on with a value: at once if it is there, else when it is. */
export function after<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** `Promise.all`, unless all values are there; one alone needs no counting. */
export function all<Value>(values: readonly Awaitable<Value>[]): Awaitable<readonly Value[]> {
  const [first] = values
  if (values.length === 1 && isPromise(first!)) return first.then((value) => [value])
  return values.some(isPromise) ? Promise.all(values) : (values as readonly Value[])
}
