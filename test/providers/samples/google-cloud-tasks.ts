import { googleCloudTasks } from 'webhook-target/providers/google-cloud-tasks'
import { fromVector, google, googlePair, stranger, VECTOR_KEYS } from '../google-keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: googleCloudTasks(google),
    stranger: googleCloudTasks(stranger),
    privateKey: googlePair.privateKey,
    message: {
      headers: {
        'content-type': 'application/octet-stream',
        'x-cloudtasks-queuename': 'my-queue',
        'x-cloudtasks-taskname': 'my-task',
        'x-cloudtasks-taskretrycount': '2',
        'x-cloudtasks-taskexecutioncount': '1',
        'x-cloudtasks-tasketa': '1700000000.5',
      },
      body: '{"order":1}',
    },
    event: {
      type: 'my-queue',
      id: 'my-queue/my-task',
      timestamp: 1_700_000_000_500,
      attempt: 3,
      data: { order: 1 },
    },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: VECTOR_KEYS,
  create: ({ config }) => googleCloudTasks(fromVector(config)),
}
