import { netlify } from 'webhook-target/providers/netlify'
import { expect, test } from 'vitest'
import { deliver } from './deliver.ts'
import { SECRET } from './sample.ts'

test('one deploy reports several times under its id', async () => {
  const provider = netlify({ secret: SECRET })
  const keys = new Set<string>()
  for (const state of ['building', 'ready', 'ready']) {
    const { events } = await deliver(provider, { body: { id: '5ebc34bf', state } })
    keys.add(events[0]!.key)
  }
  expect(keys.size).toBe(2)
})
