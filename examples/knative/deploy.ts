/**
 * Starts the deployment of a commit at the service that does it. A delivery may come more than once, so the
 * request carries the event's key, by which that service knows a deployment it has started already.
 */
export async function deploy(
  commit: string,
  { key, signal }: { readonly key: string; readonly signal: AbortSignal },
): Promise<void> {
  const response = await fetch(process.env['DEPLOY_URL']!, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ commit }),
    signal,
  })
  // A throw makes the answer a 503: the delivery has failed and can be sent again.
  if (!response.ok) throw new Error(`The deployment service answered ${response.status}`)
}
