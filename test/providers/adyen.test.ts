import { adyen } from 'webhook-target/providers/adyen'
import { expect, test } from 'vitest'

test('adyen takes no mode it does not know', () => {
  const mode = 'platforms' as 'platform'
  expect(() => adyen({ secret: 'ab'.repeat(32), mode })).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
  )
})
