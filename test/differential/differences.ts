/** What several packages have in common that ours does not do, or the other way round. */
import type { Difference, Differences } from './peer.ts'

export const refused = (why: string): Difference => ({ ours: 'refused', why })
export const accepted = (why: string): Difference => ({ ours: 'accepted', why })

export const decodesBody: Differences = {
  'a byte that is no text where U+FFFD was': refused(
    'It hashes the body as text, in which all bytes that are no text are the same',
  ),
}

const number = refused('It reads a number and signs that anew, in whatever way it was written')

export const readsNumber: Differences = {
  'a letter after the time': number,
  'a fraction after the time': number,
  'a zero before the time': number,
}

const future = refused('It looks for old deliveries only: one from the future is good until then')

export const pastOnly: Differences = {
  'a second further ahead than allowed': future,
  'a day further ahead than allowed': future,
}

const ageless = refused('It looks at no time, so a delivery can be repeated for ever')

export const anyAge: Differences = {
  'a second older than allowed': ageless,
  'a day older than allowed': ageless,
  'a second further ahead than allowed': ageless,
  'a day further ahead than allowed': ageless,
}

export const splitsAtEverySign: Differences = {
  'a signature that goes on after a separator': refused('It drops what is behind a second `=`'),
}

export const joinedFields: Differences = {
  'the signature field twice': refused(
    'Of a field that came twice, which one counts would be a guess: no sender does that',
  ),
}

export const anyNumber: Differences = {
  'eleven wrong signatures before the right one': refused(
    'A list is for rotation: more than ten signatures only cost time',
  ),
}

const decoded = refused('It decodes base64 leniently: one digest has many spellings')

export const lenientBase64: Differences = {
  'a signature that is cut off': decoded,
  'a signature that goes on': decoded,
  'a signature that goes on after a separator': decoded,
  'the signature field twice': decoded,
  'the digest in the other base64': decoded,
  'other spare bits in the base64': decoded,
}
