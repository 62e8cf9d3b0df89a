import { toHandler } from './doors.ts'
import { configurationError, WebhookError } from './errors.ts'
import { consoleTelemetry, quietly } from './lib/log.ts'
import type { HostContext, ReplyParts, Route, Telemetry, WebhookHandler } from './types.ts'

const NOT_FOUND: ReplyParts = { status: 404, headers: {}, body: null }

/**
 * Several endpoints behind one handler. A path is matched whole and to the letter, `:name` takes one
 * segment of it and is found in `context.params`. An unknown path is 404, never a success.
 *
 * Of several that match, the one with the fewest parameters counts, and of as many the one whose first parameter
 * comes later: `/a/:x` goes before `/:y/b`. The order in which they are listed does not matter.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` for a path that is malformed, can't be told from another or never be
 * reached
 * @example
 * mount({ '/github': githubHandler, '/stripe/:tenant': stripeHandler })
 */
export function mount(handlers: Readonly<Record<string, WebhookHandler>>): WebhookHandler {
  const routes = Object.entries(handlers).map(([pattern, handler]) =>
    compileRoute(pattern, handler),
  )
  const shapes = routes.map(({ shape }) => shape)
  const twice = shapes.find((shape, index) => shapes.indexOf(shape) !== index)
  if (twice !== undefined) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `Two mounted paths can't be told apart: ${twice}`,
    )
  }
  // More fixed segments first: `/stripe/test` is not taken for `/stripe/:tenant`.
  routes.sort((a, b) => a.params - b.params || (a.order < b.order ? -1 : 1))

  const handler = toHandler(
    (parts, host) => {
      const path = pathOf(parts.target)
      for (const { match, handler: mounted } of routes) {
        const route = match(path)
        if (route) return mounted.receive(parts, { ...host, route } satisfies HostContext)
      }
      return notFound(
        `No endpoint is mounted at ${path}; a path is matched whole and to the letter`,
        host?.telemetry,
      )
    },
    [...new Set(routes.flatMap(({ handler: mounted }) => mounted.inboxes))],
  )
  const paths = routes.flatMap(({ pattern, handler: { paths: inner = [] } }) => [pattern, ...inner])
  return Object.assign(handler, { paths })
}

/** A mistyped URL loses every delivery, and only the log of this side can tell. */
export function notFound(message: string, telemetry: Telemetry = consoleTelemetry): ReplyParts {
  const error = new WebhookError('ERR_PATH_UNKNOWN', message)
  const { kind: outcome, status } = error
  quietly(() => telemetry.onDelivery?.({ provider: 'none', outcome, status, durationMs: 0, error }))
  return NOT_FOUND
}

/** Whether there is a path that both patterns match. */
function overlap(one: string, other: string): boolean {
  const others = other.split('/')
  const segments = one.split('/')
  const alike = (a: string, b: string) => a === b || a.startsWith(':') || b.startsWith(':')
  return segments.length === others.length && segments.every((name, i) => alike(name, others[i]!))
}

function compileRoute(pattern: string, handler: WebhookHandler) {
  const names = pattern.split('/').slice(1)
  // No `*`: it is a wildcard elsewhere, and here would be a path that nothing calls.
  if (!/^(\/(:[A-Za-z]\w*|[\w.~%!$&'()+,;=@-]*))+$/.test(pattern)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `The path ${pattern} is not "/segment/:parameter"`,
    )
  }
  if (typeof handler?.receive !== 'function') {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `What is mounted at ${pattern} is no webhook handler`,
    )
  }
  const named = names.filter((name) => name.startsWith(':'))
  const params = named.length
  if (new Set(named).size < params) {
    throw configurationError('ERR_OPTION_INVALID', `The path ${pattern} has a parameter twice`)
  }
  const lost = handler.paths?.find((inner) => !overlap(pattern, inner))
  if (lost !== undefined) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      `What is mounted at ${lost} inside ${pattern} is never reached: both match the whole path`,
    )
  }
  const fixed: Route = { pattern, params: {} }

  function match(path: string): Route | undefined {
    if (params === 0) return path === pattern ? fixed : undefined
    const segments = path.split('/').slice(1)
    if (segments.length !== names.length) return undefined
    const values: Record<string, string> = {}
    for (const [index, name] of names.entries()) {
      const segment = segments[index]!
      if (!name.startsWith(':')) {
        if (segment !== name) return undefined
        continue
      }
      const value = decodeSegment(segment)
      if (!value) return undefined
      values[name.slice(1)] = value
    }
    return { pattern, params: values }
  }
  const shape = pattern.replace(/:\w+/g, ':')
  return {
    pattern,
    handler,
    params,
    match,
    shape,
    order: names.map((name) => +name.startsWith(':')).join(''),
  }
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return end < 0 ? target : target.slice(0, end)
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
