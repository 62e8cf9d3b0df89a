import { createApp } from '../app.ts'

declare const Bun: { serve(options: { hostname: string; fetch: unknown }): unknown }

Bun.serve({ hostname: '127.0.0.1', fetch: createApp(process.env) })
