import { positive } from '../../src/lib/options.ts'

/**
 * Seconds the platform waits: as configured, or where its environment tells. Knative's `timeoutSeconds` is
 * not visible inside.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function platformTimeout(
  configured: number | undefined,
  env: NodeJS.ProcessEnv,
): { readonly platformTimeoutSeconds?: number } {
  const text = env['WEBHOOK_PLATFORM_TIMEOUT_SECONDS'] ?? env['CLOUD_RUN_TIMEOUT_SECONDS']
  const told = text && Number(text) > 0 ? Number(text) : Infinity
  const platformTimeoutSeconds = positive('platformTimeoutSeconds', configured, told)
  return platformTimeoutSeconds === Infinity ? {} : { platformTimeoutSeconds }
}
