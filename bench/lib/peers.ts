import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export const peersFolder = join(import.meta.dirname, '../peers')
export const peerFile = (name: string) => join(peersFolder, `${name}.mjs`)

/** What of a peer is used is described where it is used: its own types may not be installed. */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(pathToFileURL(peerFile(name)).href)) as Module
}
