import { configurationError } from '../errors.ts'

/** What has a store open in this process: which handlers its work is for. */
interface User {
  readonly handlers: ReadonlyMap<string, unknown>
}

const users = new Map<string, Set<User>>()

/**
 * Notes that a store is in use, until the returned function is called.
 *
 * @param store what tells two stores apart
 * @throws {TypeError} `ERR_OPTION_INVALID` if it is already in use for other handlers: each would be given work of the
 * other's, and could do nothing with it
 */
export function share(store: string, user: User): () => void {
  const sharing = users.get(store) ?? new Set()
  for (const other of sharing) {
    // One that has no handlers only looks after the store.
    if (user.handlers.size > 0 && other.handlers.size > 0 && !haveSameNames(user, other)) {
      throw configurationError(
        'ERR_OPTION_INVALID',
        'Two inboxes in this process use the same store, for different handlers: make one, and give it to all of them',
      )
    }
  }
  users.set(store, sharing.add(user))
  return () => void sharing.delete(user)
}

function haveSameNames({ handlers: a }: User, { handlers: b }: User): boolean {
  return a.size === b.size && [...a.keys()].every((name) => b.has(name))
}
