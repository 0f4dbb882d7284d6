/** What a function rejects with whose `result` is an `err`: the payload is the error's value, as in jco. */
export class ComponentError extends Error {
  override readonly name = "ComponentError";
  readonly payload: unknown;
  constructor(payload: unknown) {
    super(typeof payload === "string" ? payload : `${describe(payload)} (see error.payload)`);
    this.payload = payload;
  }
}

function describe(payload: unknown): string {
  const tag = (payload as { tag?: unknown } | undefined)?.tag;
  return typeof tag === "string" ? tag : String(payload);
}
