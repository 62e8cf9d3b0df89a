import type { Awaitable } from '../types.ts'

/** Goes on at once with a value that is there already: a promise costs more than a small HMAC. */
export function after<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value)
}
