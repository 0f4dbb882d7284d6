/** A time as `MicroTime` of Kubernetes has it, always six digits: `2026-01-31T12:00:00.000000Z`. */
export function microTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, "000Z");
}
