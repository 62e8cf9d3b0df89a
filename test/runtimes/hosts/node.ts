import { serve } from 'webhook-target/adapters/node'
import { createApp } from '../app.ts'

await serve(createApp(process.env), { host: '127.0.0.1' })
