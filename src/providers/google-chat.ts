import { configurationError } from '../errors.ts'
import type { DownloadSettings } from '../lib/key-directory.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { googleOidc } from '../schemes/google-oidc.ts'
import { jwt } from '../schemes/jwt.ts'
import type { Extractable, Provider, Scheme } from '../types.ts'

export type GoogleChatOptions = (
  | {
      /**
       * The URL of the endpoint as entered, where the authentication audience is "HTTP endpoint URL": any of
       * them.
       */
      readonly audience: string | readonly string[]
      /**
       * The account that calls: that of Chat, or of an app that is a Google Workspace add-on its own,
       * `service-<project number>@gcp-sa-gsuiteaddons.iam.gserviceaccount.com`.
       *
       * @default chat@system.gserviceaccount.com
       */
      readonly serviceAccountEmail?: string | readonly string[]
    }
  | {
      /** The number of the Cloud project, where the authentication audience is "Project Number". */
      readonly projectNumber: string
    }
) & {
  /** How the keys are downloaded. */
  readonly download?: DownloadSettings
  /** Seconds it waits, which is inferred. @default 30 */
  readonly deadlineSeconds?: number
  /**
   * By what duplicates are known. That the name of a new message is an id is inferred; `content` goes by the body
   * instead.
   *
   * @default message
   */
  readonly identity?: 'message' | 'content'
  /** Whether it calls again by itself, which is inferred. @default false */
  readonly redelivery?: boolean
}

const CHAT_ACCOUNT = 'chat@system.gserviceaccount.com'
const CHAT_KEYS_URL = `https://www.googleapis.com/service_accounts/v1/jwk/${CHAT_ACCOUNT}`

/**
 * Google Chat apps with an HTTP endpoint: an identity token of Google for the URL, or a token that Chat itself
 * signs for the project number. The type is `MESSAGE`, `ADDED_TO_SPACE` and so on; of add-ons it is the name of
 * the payload, `messagePayload`. The answer is what the app says: `reply({ text: 'Hello' })`; without one it is
 * `{}`. Chat waits 30 s and does not call again.
 *
 * @see https://developers.google.com/workspace/chat/verify-requests-from-chat
 * @throws {TypeError} `ERR_OPTION_INVALID` unless there is either an audience or a project number
 */
export function googleChat(options: GoogleChatOptions): Provider {
  const { deadlineSeconds = 30, identity = 'message', redelivery = false } = options
  return defineProvider({
    name: 'google-chat',
    verify: schemeOf(options),
    event: {
      type: first(member('type'), addOnType),
      ...(identity === 'message' && { id: messageOf }),
      timestamp: time('iso', first(member('eventTime'), member('chat.eventTime'))),
    },
    acknowledge: {
      deadlineSeconds,
      success: { headers: { 'content-type': 'application/json' }, body: '{}' },
      refusedStatus: 401,
      replyType: 'application/json',
      retries: redelivery,
    },
  })
}

function schemeOf(options: GoogleChatOptions): Scheme {
  if ('audience' in options === 'projectNumber' in options) {
    throw configurationError('ERR_OPTION_INVALID', 'googleChat() takes audience or projectNumber')
  }
  return 'audience' in options
    ? googleOidc({ serviceAccountEmail: CHAT_ACCOUNT, ...options })
    : projectToken(options)
}

/** Signed with the keys of Chat's own account, which is the issuer too; it names no e-mail. */
function projectToken({
  projectNumber,
  download,
}: {
  readonly projectNumber: string
  readonly download?: DownloadSettings
}): Scheme {
  if (!/^\d+$/.test(projectNumber)) {
    throw configurationError('ERR_OPTION_INVALID', 'projectNumber is a text of digits')
  }
  return jwt({
    algorithms: ['RS256'],
    jwks: CHAT_KEYS_URL,
    ...(download && { download }),
    issuer: CHAT_ACCOUNT,
    audience: projectNumber,
  })
}

/** `chat` of an add-on has one payload, whose name tells what happened. */
function addOnType({ payload }: Extractable): string | undefined {
  const chat = readMember(payload, ['chat'])
  const names = typeof chat === 'object' && chat !== null ? Object.keys(chat) : []
  return names.find((name) => name.endsWith('Payload'))
}

/** Only of a new message: a click on its card has the same name in it, as often as it is clicked. */
function messageOf(event: Extractable): string | undefined {
  if (member('type')(event) === 'MESSAGE') return member('message.name')(event)
  return member('chat.messagePayload.message.name')(event)
}

export const facts: ProviderFacts = {
  title: 'Google Chat',
  docs: ['https://developers.google.com/workspace/chat/verify-requests-from-chat'],
  checked: '2026-11',
  delivered: [200],
  deliveredNote: 'with a message or `{}` in JSON',
  retriedOn: [],
  retriedNote: 'as far as is known',
  givenUpOn: ['else'],
  doubts: [
    'The 30 s are inferred: see `deadlineSeconds`',
    'That it does not call again is inferred: see `redelivery`',
    'The id of a message is inferred: see `identity`',
    'The account of add-ons and where their type is are taken from code that reads them',
  ],
}
