/** The keys that signatures of messages are verified with, found by the `keyid` they name. */
import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import type { Awaitable, SecretSource, SecretValue, UntrustedHint } from '../types.ts'
import type { MessageAlgorithm } from './message-algorithms.ts'
import { keyring } from './secrets.ts'

/**
 * Keys by their `keyid`: a fixed set, or a function that returns `undefined` for one it does not know. Senders
 * that do not trust each other take a path each: on one path, ids of one count as duplicates for all.
 */
export interface KeysById {
  readonly byId:
    | Readonly<Record<string, SecretValue>>
    | ((
        keyId: string,
        hint: UntrustedHint,
      ) => Awaitable<SecretValue | readonly SecretValue[] | undefined>)
}

type VerifyBase = ReturnType<MessageAlgorithm['verifier']>

export interface SigningKey {
  readonly id?: string
  readonly key: SecretValue
}

export interface MessageKeys {
  /** The keys to try, each with its place in the configuration. */
  find(
    delivery: Delivery,
    keyId: string | undefined,
  ): Awaitable<readonly (readonly [place: number, verify: VerifyBase])[]>
  /** For signing. */
  current(): SigningKey
}

/** @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED` */
export function messageKeys(
  algorithm: MessageAlgorithm,
  keys: SecretSource | KeysById | undefined,
): MessageKeys {
  const prepare = (key: SecretValue) => ({ key, verify: algorithm.verifier(key) })
  if (!isById(keys)) {
    const ring = keyring(algorithm.toSecrets(keys), prepare)
    return {
      find: async (delivery) =>
        (await ring.find(delivery)).map(({ verify }, place) => [place, verify] as const),
      current: () => ring.current(),
    }
  }
  const { byId } = keys
  if (typeof byId === 'function') return lookedUp(byId, algorithm, prepare)

  const ids = Object.keys(byId)
  const known = keyring(algorithm.toSecrets(Object.values(byId)), prepare)
  return {
    async find(delivery, keyId) {
      const place = keyId === undefined ? -1 : ids.indexOf(keyId)
      const found = (await known.find(delivery))[place]
      if (found) return [[place, found.verify]]
      throw new WebhookError('ERR_TENANT_UNKNOWN', 'The keyid of the signature is none of the keys')
    },
    current: () => ({ ...known.current(), id: ids[0]! }),
  }
}

const isById = (keys: SecretSource | KeysById | undefined): keys is KeysById =>
  typeof keys === 'object' && keys !== null && 'byId' in keys

function lookedUp(
  byId: Extract<KeysById['byId'], Function>,
  algorithm: MessageAlgorithm,
  prepare: (key: SecretValue) => { readonly key: SecretValue; readonly verify: VerifyBase },
): MessageKeys {
  return {
    async find(delivery, keyId) {
      if (keyId === undefined)
        throw new WebhookError('ERR_SIGNATURE_MALFORMED', 'The signature has no keyid')
      const ring = keyring(
        algorithm.toSecrets((hint) => byId(keyId, hint)),
        prepare,
      )
      return (await ring.find(delivery)).map(({ verify }, place) => [place, verify] as const)
    },
    current() {
      throw configurationError('ERR_OPTION_INVALID', 'Signing needs a fixed key, not a function')
    },
  }
}
