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
    function: clean(name ?? "unknown function"),
    message: clean(reason ?? trap.message),
  };
}

function clean(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}
