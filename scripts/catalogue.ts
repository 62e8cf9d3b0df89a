/** Writes docs/providers.md anew from what the providers say of themselves: `npm run catalogue`. */
import { writeFileSync } from 'node:fs'
import { cataloguePage } from './catalogue/page.ts'
import { describeProviders } from './catalogue/describe.ts'
import { root } from './entries.ts'

const descriptions = await describeProviders()
writeFileSync(`${root}docs/providers.md`, cataloguePage(descriptions))
console.log(`docs/providers.md: ${descriptions.length} providers`)
