/** Types are what is tested here: `npm run typecheck` fails where an expected error is missing. */
import type { PushEvent } from '@octokit/webhooks-types'
import type { Stripe } from 'stripe'
import * as valibot from 'valibot'
import {
  createWebhookHandler,
  defineProvider,
  drop,
  member,
  type WebhookHandler,
} from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { meta, type MetaItem } from 'webhook-target/providers/meta'
import { stripe } from 'webhook-target/providers/stripe'
import { zoom } from 'webhook-target/providers/zoom'
import { hmac } from 'webhook-target/schemes/hmac'
import { sign } from 'webhook-target/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as zod from 'zod'

const secret = 'a secret of any sender'

describe('github', () => {
  test('types events by their name, and by their action', () => {
    createWebhookHandler({
      provider: github({ secret }),
      on: {
        push(event) {
          expectTypeOf(event.data).toEqualTypeOf<PushEvent>()
          expectTypeOf(event.type).toEqualTypeOf<'push'>()
        },
        'pull_request.opened'(event) {
          expectTypeOf(event.data.action).toEqualTypeOf<'opened'>()
          expectTypeOf(event.data.pull_request.number).toEqualTypeOf<number>()
          // @ts-expect-error a pull request has no commits in its payload
          void event.data.commits
          return drop('not now')
        },
        ping(event) {
          expectTypeOf(event.data.zen).toEqualTypeOf<string>()
        },
        '*'(event) {
          expectTypeOf(event.data).toEqualTypeOf<unknown>()
        },
      },
    })
  })

  test('knows no other names', () => {
    createWebhookHandler({
      provider: github({ secret }),
      // @ts-expect-error no such event
      on: { pushed: () => undefined },
    })
    createWebhookHandler({
      provider: github({ secret }),
      // @ts-expect-error no such action
      on: { 'pull_request.open': () => undefined },
    })
  })
})

describe('stripe', () => {
  test('types events by their type', () => {
    createWebhookHandler({
      provider: stripe({ secret }),
      on: {
        'checkout.session.completed'(event) {
          expectTypeOf(event.data).toEqualTypeOf<Stripe.CheckoutSessionCompletedEvent>()
          expectTypeOf(event.data.data.object.id).toEqualTypeOf<string>()
        },
        // @ts-expect-error no such event
        'checkout.session.complete': () => undefined,
      },
    })
  })
})

describe('others', () => {
  test('payloads are unknown where nobody has typed them', () => {
    createWebhookHandler({
      provider: zoom({ secret }),
      on: {
        'meeting.started'(event) {
          expectTypeOf(event.data).toEqualTypeOf<unknown>()
        },
      },
    })
  })

  test('items of meta have the form they are given here', () => {
    createWebhookHandler({
      provider: meta({ secret, verifyToken: 'v' }),
      on: {
        'page.feed'(event) {
          expectTypeOf(event.data).toEqualTypeOf<MetaItem>()
        },
      },
    })
  })
})

describe('what makes no sense does not compile', () => {
  test('options', () => {
    // @ts-expect-error the secret can't be forgotten
    expect(() => github({})).toThrow(TypeError)
    // @ts-expect-error nor can verification
    expect(() => defineProvider({ name: 'acme' })).toThrow(TypeError)
    // @ts-expect-error nor where a secret is
    expect(() => hmac({ secret })).toThrow(TypeError)
    // @ts-expect-error effects return outcomes, never a status
    createWebhookHandler({ provider: github({ secret }), on: { push: () => 200 } })
  })
})

describe('a schema types and checks the payload', () => {
  const acme = {
    name: 'acme',
    verify: hmac({ secret, header: 'x-signature' }),
    event: { type: member('type') },
  }
  const seen: string[] = []

  const endpoints: readonly (readonly [string, WebhookHandler])[] = [
    [
      'zod',
      createWebhookHandler({
        provider: defineProvider({
          ...acme,
          schemas: { made: zod.object({ name: zod.string().transform((name) => name.length) }) },
        }),
        on: {
          made(event) {
            expectTypeOf(event.data).toEqualTypeOf<{ name: number }>()
            seen.push(`zod ${event.data.name}`)
          },
          // @ts-expect-error no such schema
          sold: () => undefined,
        },
        telemetry: {},
      }),
    ],
    [
      'valibot',
      createWebhookHandler({
        provider: defineProvider({
          ...acme,
          schemas: {
            made: valibot.object({ name: valibot.pipe(valibot.string(), valibot.length(3)) }),
          },
        }),
        on: {
          made(event) {
            expectTypeOf(event.data).toEqualTypeOf<{ name: string }>()
            seen.push(`valibot ${event.data.name}`)
          },
        },
        telemetry: {},
      }),
    ],
  ]

  test.each(endpoints)('%s', async (vendor, handler) => {
    const send = async (name: unknown) =>
      (await handler(await sign(defineProvider(acme), { body: { type: 'made', name } }))).status
    expect(await send('cup')).toBe(200)
    expect(await send(7)).toBe(422)
    expect(seen.filter((line) => line.startsWith(vendor))).toEqual([
      vendor === 'zod' ? 'zod 3' : 'valibot cup',
    ])
  })
})
