import type { Delivery } from '../delivery.ts'
import { configurationError } from '../errors.ts'
import { encodeUtf8 } from '../lib/bytes.ts'
import { credentialScheme, withHeader, type CredentialOptions } from '../lib/credential.ts'
import { withMember } from '../lib/json-body.ts'
import { readMember } from '../lib/member.ts'
import type { Scheme, SecretSource } from '../types.ts'

/** Where the sender puts the secret: exactly one place. Elsewhere it counts for nothing. */
export type SharedSecretPlace =
  | { readonly header: string }
  /** `Authorization: Bearer` (RFC 6750, section 2.1). */
  | { readonly bearer: true }
  /** A query parameter. URLs end up in access logs: prefer any other place. */
  | { readonly query: string }
  /** A member of the JSON body by its path. The body is then parsed before it is verified. */
  | { readonly member: string }
  /** A field of a form body, which is then parsed before it is verified. */
  | { readonly field: string }

export type SharedSecretOptions = SharedSecretPlace & {
  /** One, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * A secret that the sender repeats with each delivery. It proves no more than that the sender knows it:
 * the content is not signed, so only TLS protects it.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID` without a place or
 * with two
 * @example
 * sharedSecret({ header: 'x-webhook-token', secret: process.env.TOKEN })
 */
export function sharedSecret(options: SharedSecretOptions): Scheme {
  return credentialScheme({ name: 'shared-secret', secret: options.secret, ...placeOf(options) })
}

type Place = Omit<CredentialOptions, 'name' | 'secret'>

const PLACES = {
  header: (name: string) => inHeader(name.toLowerCase()),
  bearer: () => BEARER,
  query: inQuery,
  member: inMember,
  field: inField,
}

function placeOf(options: SharedSecretOptions): Place {
  const places = Object.keys(PLACES) as (keyof typeof PLACES)[]
  const [place, ...more] = places.filter((name) => Object.hasOwn(options, name))
  const name = place && (options as Partial<Record<typeof place, unknown>>)[place]
  const valid = place === 'bearer' ? name === true : typeof name === 'string' && name !== ''
  if (place && valid && more.length === 0) return PLACES[place](name as string)
  throw configurationError(
    'ERR_OPTION_INVALID',
    `sharedSecret() takes one of ${places.join(', ')}, with a name, or true for bearer`,
  )
}

function inHeader(name: string): Place {
  return {
    place: `header ${name}`,
    headers: [name],
    inBody: false,
    read: ({ headers }) => headers.get(name),
    write: (message, secret) => withHeader(message, name, secret),
  }
}

const BEARER: Place = {
  place: 'Authorization header',
  headers: ['authorization'],
  inBody: false,
  read: ({ headers }) => /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1],
  write: (message, secret) => withHeader(message, 'authorization', `Bearer ${secret}`),
}

function inQuery(name: string): Place {
  return {
    place: `query parameter ${name}`,
    headers: [],
    inBody: false,
    read({ query }) {
      const values = query.getAll(name)
      return values.length === 1 ? values[0] : undefined // a repeated one has no one value
    },
    write(message, secret) {
      const url = new URL(message.url)
      url.searchParams.set(name, secret)
      return { ...message, url: url.href }
    },
  }
}

function inMember(path: string): Place {
  const names = path.split('.')
  return {
    place: `member ${path} of the body`,
    headers: [],
    inBody: true,
    read: ({ payload }: Delivery) => readMember(payload, names),
    write: (message, secret) => withMember(message, names, secret),
  }
}

function inField(name: string): Place {
  return {
    place: `field ${name} of the form`,
    headers: [],
    inBody: true,
    read: ({ payload }) => readMember(payload, [name]),
    write(message, secret) {
      const form = new URLSearchParams(new TextDecoder().decode(message.body))
      form.set(name, secret)
      return { ...message, body: encodeUtf8(form.toString()) }
    },
  }
}
