/** What senders publish their keys at, in place of the network. */
import { createPublicKey } from 'node:crypto'

/** A `fetch` that knows these documents by their URL, and nothing else. */
export function keyEndpoint(documents: Readonly<Record<string, unknown>>) {
  return async (url: string): Promise<Response> => {
    const document = Object.hasOwn(documents, url) ? documents[url] : undefined
    if (document === undefined) return new Response('', { status: 404 })
    return new Response(typeof document === 'string' ? document : JSON.stringify(document))
  }
}

/** Ed25519 keys as a JSON Web Key Set without ids. */
export const toJwks = (pems: readonly string[]) => ({
  keys: pems.map((pem) => createPublicKey(pem).export({ format: 'jwk' })),
})

/** P-256 keys as a Tink keyset, by their ids in hex. */
export const toTinkKeyset = (pems: Readonly<Record<string, string>>) => ({
  primaryKeyId: Number.parseInt(Object.keys(pems)[0]!, 16),
  key: Object.entries(pems).map(([id, pem]) => ({
    keyData: {
      typeUrl: 'type.googleapis.com/google.crypto.tink.EcdsaPublicKey',
      keyMaterialType: 'ASYMMETRIC_PUBLIC',
      value: toTinkKey(pem),
    },
    status: 'ENABLED',
    keyId: Number.parseInt(id, 16),
    outputPrefixType: 'TINK',
  })),
})

/** EcdsaPublicKey in protobuf; coordinates with a zero in front, as Tink writes them. */
function toTinkKey(pem: string): string {
  const { x, y } = createPublicKey(pem).export({ format: 'jwk' })
  const [xBytes, yBytes] = [x!, y!].map((text) => Buffer.from(text, 'base64url'))
  return Buffer.concat([
    Buffer.from('1206080310021802', 'hex'),
    Buffer.from([0x1a, 33, 0]),
    xBytes!,
    Buffer.from([0x22, 33, 0]),
    yBytes!,
  ]).toString('base64')
}
