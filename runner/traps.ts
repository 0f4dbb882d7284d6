import type { Trap } from "./host/host.ts";

/** Whose fault a trap was, as far as it is known. */
export interface TrapDescription {
  /** The instance's name in the composition; the composition's own where it is not known. */
  readonly instance: string;
  readonly function: string;
  readonly message: string;
}

const longest = 500;

/** Describes a trap for the log and for `lastTrap`. Texts are bounded and have no control characters. */
export function describeTrap(trap: Trap, composition: string): TrapDescription {
  const { path, function: name, reason } = trap;
  return {
    instance: path?.[0] ?? composition,
    function: clean(demangle(name ?? "unknown function")),
    message: clean(reason ?? trap.message),
  };
}

/** `_ZN3bad9trap_here17h…E` is `bad::trap_here`; any other name stays as it is. */
function demangle(name: string): string {
  const body = /^_ZN(.+)17h[0-9a-f]{16}E$/.exec(name)?.[1];
  if (body === undefined) return name;
  const parts: string[] = [];
  for (let at = 0; at < body.length; ) {
    const digits = /^[1-9]\d{0,3}/.exec(body.slice(at, at + 4))?.[0];
    const start = at + (digits?.length ?? 0);
    const end = start + Number(digits);
    if (digits === undefined || end > body.length) return name;
    parts.push(body.slice(start, end));
    at = end;
  }
  return parts.join("::");
}

function clean(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}
