/** P6 to P11: verification alone, without a server. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NEW_TOKEN, READ, SAME_AGAIN, SAME_TOKEN, SCHEME, type Result } from '../lib/contest.ts'
import { A_A, atLeast, type Goal, type MeasureOptions, type Row } from '../lib/figure.ts'

interface Held {
  readonly figure: string
  /** A file of `verification/`. */
  readonly contest: string
  readonly against: string
  readonly kib: number
  /** By contender; those without a goal are there to compare with. */
  readonly goals: Readonly<Record<string, Goal>>
}

const standardWebhooks = (kib: number, goal: Goal): Held => ({
  figure: 'P6',
  contest: 'standard-webhooks',
  against: 'standardwebhooks',
  kib,
  goals: { [SCHEME]: goal },
})

const HELD: readonly Held[] = [
  {
    figure: 'P11',
    contest: 'github',
    against: 'createHmac by hand',
    kib: 1,
    goals: { [SCHEME]: atLeast(1.2, 1) },
  },
  standardWebhooks(1, atLeast(4, 3.5)),
  standardWebhooks(8, atLeast(8, 7)),
  standardWebhooks(256, atLeast(12, 10)),
  {
    figure: 'P7',
    contest: 'stripe',
    against: 'constructEvent',
    kib: 1,
    goals: { [READ]: atLeast(1.1, 1), [SCHEME]: atLeast(2.5, 2) },
  },
  {
    figure: 'P8',
    contest: 'slack',
    against: '@slack/bolt',
    kib: 1,
    goals: { [SCHEME]: atLeast(2.5, 2) },
  },
  {
    figure: 'P9',
    contest: 'discord',
    against: 'discord-interactions',
    kib: 1,
    goals: { [SCHEME]: atLeast(1.5, 1.3) },
  },
  {
    figure: 'P10',
    contest: 'push-token',
    against: 'jose',
    kib: 1,
    goals: { [NEW_TOKEN]: atLeast(2.5, 2), [SAME_TOKEN]: atLeast(100, 50) },
  },
]

export async function* measureVerification({ wanted, quick }: MeasureOptions): AsyncIterable<Row> {
  // The contest with GitHub's HMAC holds the check of the machine, so it comes along with every other.
  const held = HELD.filter(({ figure }) => wanted.has(figure) || figure === 'P11')
  for (const { figure, contest, against, kib, goals } of held) {
    for (const { what, ratios } of await hold(contest, kib * 1024, quick ? 15 : 41)) {
      if (what === SAME_AGAIN) {
        yield { figure: A_A, what: 'createHmac by hand against itself, 1 KiB', samples: ratios }
      } else if (wanted.has(figure)) {
        const goal = goals[what]
        yield {
          figure,
          what: `${contest}: ${what}, ${kib} KiB, against ${against}`,
          samples: ratios,
          ...(goal && { goal }),
        }
      }
    }
  }
}

async function hold(contest: string, bytes: number, rounds: number): Promise<readonly Result[]> {
  const child = join(import.meta.dirname, '../lib/contest-process.ts')
  const file = join(import.meta.dirname, `../verification/${contest}.ts`)
  // On all cores: on one, the threads that WebCrypto works in would cost less than anybody pays for them.
  const args = [child, file, String(bytes), String(rounds)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as readonly Result[]
}
