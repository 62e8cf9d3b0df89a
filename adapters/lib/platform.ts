/** Seconds the platform waits, where its environment tells; Knative's `timeoutSeconds` is not visible inside. */
export function platformTimeoutSeconds(env: NodeJS.ProcessEnv): number | undefined {
  const text = env['WEBHOOK_PLATFORM_TIMEOUT_SECONDS'] ?? env['CLOUD_RUN_TIMEOUT_SECONDS']
  const seconds = Number(text)
  return text && seconds > 0 ? seconds : undefined
}
