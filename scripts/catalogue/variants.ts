/** A request again and again, each time with one value of it changed. */

export interface Variant {
  /** Where the change is: ``header `x-id` ``, `` `data.id` ``. */
  readonly place: string
  readonly request: Request
}

interface Content {
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

export async function variantsOf(request: Request): Promise<readonly Variant[]> {
  const content: Content = {
    url: request.url,
    headers: request.headers,
    body: await request.clone().text(),
  }
  return [...headersOf(content), ...parametersOf(content), ...valuesOf(content)].map(
    ({ place, ...changes }) => {
      const { url, headers, body } = { ...content, ...changes }
      return { place, request: new Request(url, { method: request.method, headers, body }) }
    },
  )
}

type Change = { readonly place: string } & Partial<Content>

function* headersOf({ headers }: Content): Iterable<Change> {
  for (const [name, value] of headers) {
    if (name === 'content-type') continue
    const changed = new Headers(headers)
    changed.set(name, `${value}1`)
    yield { place: `header \`${name}\``, headers: changed }
  }
}

function* parametersOf({ url }: Content): Iterable<Change> {
  for (const [name, value] of new URL(url).searchParams) {
    const changed = new URL(url)
    changed.searchParams.set(name, `${value}1`)
    yield { place: `parameter \`${name}\``, url: changed.href }
  }
}

function* valuesOf({ headers, body }: Content): Iterable<Change> {
  const type = headers.get('content-type') ?? ''
  const json = toJson(body)
  if (json !== undefined) {
    for (const [path, changed] of changesOf(json)) {
      yield { place: `\`${show(path)}\``, body: JSON.stringify(changed) }
    }
  } else if (type.startsWith('application/x-www-form-urlencoded')) {
    yield* fieldsOf(body)
  }
}

/** The fields of a form, and the members of those that hold JSON. */
function* fieldsOf(body: string): Iterable<Change> {
  for (const [name, value] of new URLSearchParams(body)) {
    const json = toJson(value)
    const values = json === undefined ? [[[], `${value}1`] as const] : changesOf(json)
    for (const [path, changed] of values) {
      const form = new URLSearchParams(body)
      form.set(name, typeof changed === 'string' ? changed : JSON.stringify(changed))
      yield { place: `field \`${show([name, ...path])}\``, body: form.toString() }
    }
  }
}

/** Objects and lists only: a number is a field like any other. */
function toJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Path = readonly string[]

/** The value again for each text and number in it, with that one changed. */
function* changesOf(value: unknown): Iterable<readonly [path: Path, changed: unknown]> {
  if (typeof value === 'string') yield [[], `${value}1`]
  if (typeof value === 'number') yield [[], value + 1]
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    for (const [path, changed] of changesOf(member)) {
      const copy = Array.isArray(value)
        ? value.with(Number(name), changed)
        : { ...value, [name]: changed }
      yield [[name, ...path], copy]
    }
  }
}

/** `events[].id` */
const show = (path: Path) => path.join('.').replaceAll(/(^|\.)\d+(?=\.|$)/g, '[]')
