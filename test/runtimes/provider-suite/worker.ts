/** For workerd: answers with the verdicts, and with `?web` those of its WebCrypto. */
export default {
  async fetch({ url }: Request): Promise<Response> {
    // The sources look for node:crypto when they are loaded, which is only now: keys can't be made before.
    const crypto = new URL(url).search === '?web' ? 'web' : 'node'
    if (crypto === 'web') Object.assign(process, { getBuiltinModule: undefined })
    const { runSuite } = await import('./suite.ts')
    return Response.json(await runSuite(crypto))
  },
}
