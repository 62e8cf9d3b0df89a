import type { Delivery } from '../delivery.ts'
import { configurationError } from '../errors.ts'
import { addressedTo } from '../lib/addressed-to.ts'
import { formFieldContent } from '../lib/form-content.ts'
import { createKeyDirectory, type DownloadSettings } from '../lib/key-directory.ts'
import { readMember } from '../lib/member.ts'
import { pemMember } from '../lib/published-keys.ts'
import { checkedPem, withPublishedKeys } from '../lib/with-published-keys.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { rsa } from '../schemes/rsa.ts'
import type { Extractable, Provider, Scheme, SecretValue } from '../types.ts'

export interface TravisOptions {
  /**
   * The repositories that may report, `owner/name`. Travis signs for all of its users with one key, so
   * anyone who builds there can have builds reported to your URL.
   *
   * @default any: `repository` of the payload tells which one it is
   */
  readonly repositories?: readonly string[]
  /**
   * Where the installation publishes its key, an https URL.
   *
   * @default https://api.travis-ci.com/config
   */
  readonly configUrl?: string
  /** How the key is downloaded. */
  readonly download?: DownloadSettings
}

/** A small part of a document that says what the installation can do. */
const MAX_CONFIG_BYTES = 256 * 1024

/**
 * Travis CI: RSA with SHA-1 in `Signature`, over the JSON in the form field `payload`, with a key that is
 * downloaded. The type is what began the build, `push`, `pull_request`, `cron` or `api`, with its state
 * below it: `push.passed`. No time is signed: a delivery can be sent again by whoever got hold of it.
 *
 * @see https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function travis(options: TravisOptions = {}): Provider {
  const { repositories } = options
  const verify = signature(options)
  return defineProvider({
    name: 'travis',
    verify: repositories
      ? addressedTo(verify, (delivery) => repositories.includes(repositoryOf(delivery)))
      : verify,
    event: {
      type: member('type'),
      subtype: member('state'),
      id: idOf,
      timestamp: time('iso', first(member('finished_at'), member('started_at'))),
      formField: 'payload',
    },
  })
}

function signature({
  configUrl = 'https://api.travis-ci.com/config',
  download,
}: TravisOptions): Scheme {
  if (!URL.canParse(configUrl) || !configUrl.startsWith('https://')) {
    throw configurationError('ERR_OPTION_INVALID', 'travis() takes an https URL as configUrl')
  }
  const { host, href } = new URL(configUrl)
  const directory = createKeyDirectory<SecretValue>({
    maxBytes: MAX_CONFIG_BYTES,
    ...download,
    urls: { hosts: [host], query: true },
    parse: pemMember('config.notifications.webhook.public_key', checkedPem('rsa')),
  })
  return withPublishedKeys({
    directory,
    query: () => ({ url: href }),
    create: (key) =>
      rsa({
        publicKey: key,
        algorithm: 'sha1',
        header: 'signature',
        content: formFieldContent('payload'),
      }),
  })
}

function repositoryOf(delivery: Delivery): string {
  const repository = readMember(delivery.unwrapped('payload'), ['repository'])
  const [owner, name] = ['owner_name', 'name'].map((key) => readMember(repository, [key]))
  return `${String(owner)}/${String(name)}`
}

const IDENTITY = ['state', 'status', 'started_at', 'finished_at'].map(member)

/** A build reports when it starts and when it ends, and again under the same id if it is restarted. */
function idOf(event: Extractable): string | undefined {
  const id = member('id')(event)
  return id && [id, ...IDENTITY.map((read) => read(event) ?? '')].join(':')
}

export const facts: ProviderFacts = {
  title: 'Travis CI',
  docs: ['https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests'],
  checked: '2026-07',
  delivered: [200],
  deliveredNote: 'what else does is not known',
  retriedOn: 'unknown',
  doubts: [
    'Neither a deadline nor retries are documented',
    'The type of payloads from before 2015 is missing, and so is the state',
  ],
}
