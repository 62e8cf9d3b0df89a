import { positive } from '../../src/lib/options.ts'
import { timerSeconds } from '../../src/lib/timer-options.ts'

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
  const ours = env['WEBHOOK_PLATFORM_TIMEOUT_SECONDS']
  // `30s` must not come to mean no limit; what the platform sets itself is not the user's mistake.
  const told = ours
    ? positive('WEBHOOK_PLATFORM_TIMEOUT_SECONDS', Number(ours), Infinity)
    : Number(env['CLOUD_RUN_TIMEOUT_SECONDS']) || Infinity
  const platformTimeoutSeconds = positive('platformTimeoutSeconds', configured, told)
  if (platformTimeoutSeconds === Infinity) return {}
  return {
    platformTimeoutSeconds: timerSeconds('platformTimeoutSeconds', platformTimeoutSeconds, 0),
  }
}
