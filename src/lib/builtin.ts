/** The part of `process` in use, described here because this folder must not see Node's types. */
interface RuntimeProcess {
  getBuiltinModule?(name: string): unknown
}

const runtime = (globalThis as { process?: RuntimeProcess }).process

/** `process.getBuiltinModule` instead of an import or a build condition: one file serves every runtime. */
export function builtinModule(name: string): unknown {
  return runtime?.getBuiltinModule?.(name)
}
