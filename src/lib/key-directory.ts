/** Public keys that a sender publishes at a URL: downloaded, kept for a while, found by their id. */
import type { Awaitable } from '../types.ts'

/** Which keys are looked for. */
export interface KeyQuery {
  /** Where they are published. */
  readonly url: string
  /** The id of the one key; all keys of the URL without it. */
  readonly kid?: string | undefined
}

export interface KeyDirectory<Key> {
  /**
   * At least one key.
   *
   * @throws {WebhookError} `ERR_KEY_UNKNOWN` if the URL is not allowed or holds no such key,
   * `ERR_SECRET_UNAVAILABLE` if it can't be had
   */
  find(query: KeyQuery): Awaitable<readonly Key[]>
}

/** A key as it is published. */
export interface PublishedKey<Key> {
  readonly kid: string | undefined
  readonly key: Key
}

/** Reads a downloaded document. Whatever it throws counts as a failed download. */
export type ParseKeys<Key> = (
  body: Uint8Array,
  contentType: string | null,
) => Awaitable<readonly PublishedKey<Key>[]>
