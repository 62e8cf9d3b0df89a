import type { Vector } from './vector.ts'

/** What is read otherwise than the file beside this one says, which is left as its source has it. */
export interface Override {
  readonly level: NonNullable<Vector['level']>
  readonly why: string
}

/** By the id of the vector. */
export const OVERRIDES: Readonly<Record<string, Override>> = {
  'circleci-hello-world': {
    level: 'signature',
    why: 'CircleCI’s example of a signature is of a text, not of an event in JSON',
  },
  'circleci-foo': {
    level: 'signature',
    why: 'CircleCI’s example of a signature is of a text, not of an event in JSON',
  },
  'hubspot-v3': {
    level: 'signature',
    why: 'HubSpot’s example of a signature is of a Python literal, which is no JSON',
  },
  'line-node': {
    level: 'signature',
    why: 'LINE’s test of signatures has an object of its own for a body, without a list of events',
  },
}

export function withOverride(vector: Vector): Vector {
  const override = OVERRIDES[vector.id]
  return override ? { ...vector, level: override.level } : vector
}
