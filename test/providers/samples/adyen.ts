import { adyen } from 'webhook-target/providers/adyen'
import { defineSample, type VectorPreset } from '../sample.ts'

const secret = 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00'
const other = secret.replace('DFB1', '0000')
const item = (pspReference: string) => ({
  NotificationRequestItem: {
    pspReference,
    merchantAccountCode: 'Merchant',
    merchantReference: 'order:1',
    amount: { currency: 'EUR', value: 1000 },
    eventCode: 'AUTHORISATION',
    eventDate: '2023-11-14T23:13:20+01:00',
    success: 'true',
  },
})

export const samples = [
  defineSample({
    provider: adyen({ secret }),
    stranger: adyen({ secret: other }),
    message: { body: { live: 'false', notificationItems: [item('psp-1')] } },
    event: {
      type: 'AUTHORISATION',
      id: 'psp-1:AUTHORISATION:true',
      timestamp: 1_700_000_000_000,
    },
    coversBody: false,
    evidence: /"hmacSignature":"([^"]+)"/,
  }),
  defineSample({
    variant: 'of platforms',
    provider: adyen({ secret, mode: 'platform' }),
    stranger: adyen({ secret: other, mode: 'platform' }),
    message: { body: { type: 'balancePlatform.transfer.created', data: {} } },
    event: { type: 'balancePlatform.transfer.created', id: undefined },
  }),
]

export const vectors: VectorPreset = {
  keys: ['variant'],
  create: ({ secret: given, config }) => adyen({ secret: given, mode: config['variant']! }),
}
