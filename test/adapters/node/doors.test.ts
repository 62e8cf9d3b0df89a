import { describe } from 'vitest'
import { testBehaviours } from '../../behaviours/index.ts'
import { nodeDoor } from '../../support/wire.ts'

describe(nodeDoor.name, () => testBehaviours(nodeDoor))
