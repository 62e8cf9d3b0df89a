import { createApp } from '../app.ts'

declare const Deno: { env: { toObject(): Record<string, string> } }

export default createApp(Deno.env.toObject())
