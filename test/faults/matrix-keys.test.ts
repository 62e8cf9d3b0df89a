/** Keys that a sender publishes: not to be had, or replaced in full flow. */
import { expect, test } from 'vitest'
import { send } from './client.ts'
import type { HostConfig } from './host-process.ts'
import { KeyServer } from './key-server.ts'
import { accepted, createScene, idsOf, turnedAway } from './scene.ts'
import { startInShell } from './shell-receiver.ts'
import { machineNow, until } from './waiting.ts'

type Download = Omit<NonNullable<HostConfig['keys']>, 'url'>

test('F43 keys that were never to be had: 503 and never 401, until they are', async () => {
  const { keys, deliver } = await start({ negativeTtlSeconds: 0.2 })
  keys.state = 'fails'
  expect(await deliver('fails', 'a')).toSatisfy(turnedAway)
  keys.state = 'hangs'
  await until('it is asked again', async () => {
    expect(await deliver('hangs', 'a')).toSatisfy(turnedAway)
    return keys.fetches > 1
  })
  await keys.close()
  expect(await deliver('away', 'a')).toSatisfy(turnedAway)
  keys.state = 'up'
  await keys.listen()
  await until('they are there', async () => accepted(await deliver('up', 'a')))
  expect((await deliver('forged', 'a', keys.sign('a').slice(0, -8) + 'AAAAAAAA')).status).toBe(401)
})

test.each([
  ['still good', {}, true],
  ['past their time', { ttlSeconds: 0.2 }, true],
  ['past their time, and not to be used then', { ttlSeconds: 0.2, staleSeconds: 0 }, false],
] as const)(
  'F43 keys that are not to be had any more, those known %s',
  async (_, download: Download, serves) => {
    const { keys, deliver, scene } = await start({ negativeTtlSeconds: 0.1, ...download })
    expect(await deliver('before', 'a')).toSatisfy(accepted)
    await keys.close()
    const expected = serves ? accepted : turnedAway
    if (!serves)
      await until('they are no longer used', async () => turnedAway(await deliver('x', 'a')))
    for (const end = machineNow() + 1000; machineNow() < end;) {
      expect(await deliver(`away-${machineNow()}`, 'a')).toSatisfy(expected)
    }
    // One whose key is not known may be genuine.
    expect(await deliver('unknown', 'b')).toSatisfy(turnedAway)
    await keys.listen()
    await until('they are used again', async () => accepted(await deliver('after', 'a')))
    await until('all are done', () => scene.count(0) === 0)
  },
)

test('F44 keys that are replaced in full flow: none is refused, after a single download', async () => {
  const { keys, deliver } = await start({ negativeTtlSeconds: 1 })
  expect(await deliver('before', 'a')).toSatisfy(accepted)
  expect(keys.fetches).toBe(1)
  keys.publish('a', 'b')
  for (const id of idsOf('one', 30)) {
    expect(await deliver(`${id}-a`, 'a')).toSatisfy(accepted)
    // Until the next download nobody can tell whether the key is a new one: the sender is asked to come again.
    await until('it is accepted', async () => {
      const answers = await Promise.all(idsOf(id, 3).map((one) => deliver(one, 'b')))
      expect(answers.filter((answer) => !accepted(answer) && !turnedAway(answer))).toEqual([])
      return answers.every(accepted)
    })
  }
  expect(keys.fetches).toBe(2)
})

test('F44 a flood of key ids that are made up: one download a minute', async () => {
  const { keys, deliver } = await start({})
  expect(await deliver('before', 'a')).toSatisfy(accepted)
  const flood = await Promise.all(idsOf('made-up', 300).map((kid) => deliver(kid, kid)))
  expect(flood.filter((answer) => !turnedAway(answer))).toEqual([])
  expect(await deliver('beside', 'a')).toSatisfy(accepted)
  expect(keys.fetches).toBe(1)
})

async function start(download: Download) {
  const keys = await KeyServer.start()
  keys.publish('a')
  const scene = createScene()
  const { store, sink } = scene.config
  const config: HostConfig = { store, sink, keys: { url: keys.url, ...download } }
  const { port } = await startInShell(config, 'exec "$@"')
  const deliver = (id: string, kid: string, token = keys.sign(kid)) =>
    send(port, {
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': id,
        authorization: `Bearer ${token}`,
      },
      body: '{}',
    })
  return { scene, keys, deliver }
}
