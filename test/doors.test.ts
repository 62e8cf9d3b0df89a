import { describe } from 'vitest'
import { testBehaviours } from './behaviours/index.ts'
import { fetchDoor, partsDoor } from './support/doors.ts'

describe.each([fetchDoor, partsDoor])('$name', testBehaviours)
