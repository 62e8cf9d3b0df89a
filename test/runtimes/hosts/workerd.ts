import { env } from 'cloudflare:workers'
import { createApp } from '../app.ts'

const { fetch } = createApp(env)
export default { fetch }
