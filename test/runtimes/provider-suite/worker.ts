/** For workerd: answers `/node` and `/web` with the verdicts of that cryptography, once for each process. */
export default {
  async fetch({ url }: Request): Promise<Response> {
    const crypto = new URL(url).pathname.slice(1)
    if (crypto !== 'node' && crypto !== 'web') return new Response(null, { status: 404 })
    // The sources look for node:crypto when they are loaded, which is only now: keys can't be made before.
    if (crypto === 'web') Object.assign(process, { getBuiltinModule: undefined })
    const { runSuite } = await import('./suite.ts')
    return Response.json(await runSuite(crypto))
  },
}
