import * as bolt from '@slack/bolt'

export const verifySlackRequest = bolt.verifySlackRequest ?? bolt.default.verifySlackRequest
