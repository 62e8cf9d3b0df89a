import { travis } from 'webhook-target/providers/travis'
import { keyEndpoint } from '../key-endpoint.ts'
import { rsaPair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { publicKey, privateKey } = rsaPair()

const publishing = (key: string) => ({
  fetch: keyEndpoint({
    'https://api.travis-ci.com/config': {
      config: { notifications: { webhook: { public_key: key } } },
    },
  }),
})

const build = {
  id: 7,
  type: 'push',
  state: 'passed',
  status: 0,
  started_at: '2023-11-14T22:10:00Z',
  finished_at: '2023-11-14T22:13:19Z',
  repository: { owner_name: 'a', name: 'b' },
}

export const samples = [
  defineSample({
    provider: travis({ repositories: ['a/b'], download: publishing(publicKey) }),
    stranger: travis({ download: publishing(rsaPair().publicKey) }),
    privateKey,
    message: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      // Written without escapes, which could be written in another way too.
      body: `payload=${JSON.stringify(build)}`,
    },
    event: {
      type: 'push',
      subtype: 'passed',
      id: '7:passed:0:2023-11-14T22:10:00Z:2023-11-14T22:13:19Z',
      timestamp: 1_699_999_999_000,
      data: build,
    },
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ publicKey: key }) => travis({ download: publishing(key as string) }),
}
