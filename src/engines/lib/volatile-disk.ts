import { builtinModule } from '../../lib/builtin.ts'

interface FileSystem {
  statfsSync(path: string): { readonly type: number }
  readFileSync(path: string, encoding: 'utf8'): string
  readlinkSync(path: string): string
  realpathSync(path: string): string
}

interface Runtime {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
}

/** File systems by the numbers of statfs(2), and why a database in them is not durable or not safe. */
const UNFIT: Readonly<Record<number, string>> = {
  0x01021994: 'it is in memory (tmpfs)',
  0x858458f6: 'it is in memory (ramfs)',
  0x6969: 'it is on the network (NFS), where locks do not hold',
  0xff534d42: 'it is on the network (SMB), where locks do not hold',
  0xfe534d42: 'it is on the network (SMB), where locks do not hold',
  0x65735546: 'it is a FUSE file system, as buckets are mounted',
  0x794c7630: 'it is the layer of a container (overlayfs), which goes with it; mount a volume',
}

/** Variables of platforms where whatever can be written, wherever it is mounted, is memory or gone with the instance. */
const WITHOUT_DISK = ['AWS_LAMBDA_FUNCTION_NAME', 'VERCEL', 'NETLIFY']
/** Of platforms whose own disk is so, and that mount volumes. */
const WITH_VOLUMES = ['K_SERVICE', 'FUNCTION_TARGET']

/** As many as Linux follows. */
const MAX_LINKS = 40

/** Why what is written to a file would not last; `undefined` if it would, as far as one can see. */
export function volatility(file: string): string | undefined {
  const fs = builtinModule('node:fs') as FileSystem | undefined
  if (!fs) return undefined
  const folder = folderOf(leadsTo(fs, file))
  const unfit = UNFIT[fs.statfsSync(folder).type]
  if (unfit) return unfit
  const env = (globalThis as Runtime).process?.env
  const isSet = (name: string) => env?.[name]
  const diskless = WITHOUT_DISK.find(isSet)
  if (diskless) return `${diskless} is set, and all that such an instance can write goes with it`
  const platform = WITH_VOLUMES.find(isSet)
  return platform && mountPoint(fs, fs.realpathSync(folder)) === '/'
    ? `${platform} is set, and the disk of such an instance goes with it; mount a volume`
    : undefined
}

/** Where a file is, or would be made: what leads there need not be on the same disk. */
function leadsTo(fs: FileSystem, file: string): string {
  let path = file
  try {
    for (let links = 0; links < MAX_LINKS; links++) {
      const target = fs.readlinkSync(path)
      path = /^([/\\]|[a-z]:)/i.test(target) ? target : `${folderOf(path)}/${target}`
    }
  } catch {
    // It is no link.
  }
  return path
}

function folderOf(file: string): string {
  const end = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'))
  return end < 0 ? '.' : file.slice(0, end) || '/'
}

/** The longest mount point that the folder is under. */
function mountPoint(fs: FileSystem, folder: string): string | undefined {
  try {
    const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n')
    return mounts
      .map((line) => line.split(' ')[1] ?? '')
      .filter((point) => point === '/' || `${folder}/`.startsWith(`${point}/`))
      .toSorted((a, b) => b.length - a.length)[0]
  } catch {
    return undefined
  }
}
