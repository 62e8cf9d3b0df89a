/**
 * Makes a class stand in for one of the platform: `instanceof` holds, and what the class does not do
 * itself is done by a real object, which `real` makes when that is first needed.
 */
export function standInFor<StandIn extends object>(
  own: StandIn,
  platform: object,
  real: (standIn: StandIn) => object,
): void {
  Object.setPrototypeOf(own, platform)
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(platform))) {
    if (Object.hasOwn(own, name)) continue
    Object.defineProperty(own, name, {
      configurable: true,
      get(this: StandIn) {
        const object = real(this)
        const found: unknown = Reflect.get(object, name)
        return typeof value === 'function' ? (found as () => unknown).bind(object) : found
      },
    })
  }
}
