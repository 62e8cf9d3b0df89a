import express from 'express'
import { host, port, statusFor, verified } from './verified.mjs'

const app = express()
app.post('/github', express.raw({ type: '*/*', limit: '1mb' }), (request, response) => {
  const event = verified(request.body, request.headers['x-hub-signature-256'])
  response.status(statusFor(event)).end()
})
app.listen(port, host)
