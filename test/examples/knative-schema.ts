/** Checks a Knative service offline: the CRD's schema, closed, and the rules of Knative's admission beyond it. */
import { Ajv, type AnySchema } from 'ajv'

type Json = Record<string, unknown>

/** Keywords of Kubernetes that mean nothing to a JSON Schema validator. */
const KUBERNETES_KEYWORDS = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
]

/** The problems of a service, by path; empty for a good one. */
export function createServiceChecker(crd: unknown): (service: unknown) => readonly string[] {
  const { spec } = crd as { spec: { versions: readonly { schema: { openAPIV3Schema: Json } }[] } }
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, validateFormats: false })
  ajv.addVocabulary(KUBERNETES_KEYWORDS)
  const validate = ajv.compile(close(spec.versions[0]!.schema.openAPIV3Schema) as AnySchema)

  return (service) => {
    void validate(service) // no schema of a CRD is asynchronous
    const schemaProblems = (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message} ${Object.values(params).join(' ')}`,
    )
    return [...schemaProblems, ...admissionProblems(service as Service)]
  }
}

/** An API server prunes fields it does not know; here a typo has to be an error. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close)
  if (typeof schema !== 'object' || schema === null) return schema
  const closed: Json = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, close(value)]),
  )
  if (closed['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] }
  const isObject = closed['type'] === 'object' && typeof closed['properties'] === 'object'
  if (!isObject || closed['x-kubernetes-preserve-unknown-fields']) return closed
  // The API server has a schema of its own for these three.
  const { apiVersion, kind, metadata } = closed['properties'] as Json
  if (apiVersion && kind && metadata) {
    closed['properties'] = { ...(closed['properties'] as Json), metadata: {} }
  }
  return { additionalProperties: false, ...closed }
}

interface Container {
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[]
  readonly env?: readonly { readonly name: string }[]
}

interface Service {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly timeoutSeconds?: number
        readonly containerConcurrency?: number
        readonly containers?: readonly Container[]
      }
    }
  }
}

const RESERVED_PORTS = new Set([8012, 8013, 8022, 9090, 9091])
const PORT_NAMES = new Set(['', 'http1', 'h2c'])

/** What Knative's admission refuses and the schema lets through. */
function admissionProblems(service: Service): readonly string[] {
  const {
    timeoutSeconds = 300,
    containerConcurrency = 0,
    containers = [],
  } = service.spec?.template?.spec ?? {}
  const ports = containers.flatMap(({ ports: listed = [] }) => listed)
  const names = containers.flatMap(({ env = [] }) => env).map(({ name }) => name)
  const rules: readonly (readonly [broken: boolean, problem: string])[] = [
    [timeoutSeconds > 600, 'timeoutSeconds is over 600'],
    [containerConcurrency > 1000, 'containerConcurrency is over 1000'],
    [
      ports.some(({ containerPort }) => RESERVED_PORTS.has(containerPort ?? 8080)),
      'containerPort is one of queue-proxy',
    ],
    [ports.some(({ name = '' }) => !PORT_NAMES.has(name)), 'a port is named http1 or h2c'],
    [names.some((name) => /^(PORT|K_.*)$/.test(name)), 'env sets PORT or a K_ name'],
  ]
  return rules.filter(([broken]) => broken).map(([, problem]) => problem)
}
