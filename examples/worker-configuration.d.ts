/** What `wrangler types` writes into a file of this name, as far as it is in use here. */
declare module 'cloudflare:workers' {
  export const env: Readonly<Record<string, string>>
}
