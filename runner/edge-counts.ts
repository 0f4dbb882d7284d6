import type { PlanEdge } from "./link/linked.ts";
import type { EdgeInfo } from "./messages.ts";

/**
 * Reads what the probes count, edge by edge, as `Stats.edges` has it. Only edges between two instances of the composition:
 * a component may be composed itself, and its inner calls are its own.
 */
export class EdgeCounts {
  readonly edges: readonly EdgeInfo[];
  readonly #words: BigUint64Array;
  /** The probes' numbers of `edges`. */
  readonly #numbers: readonly number[];
  readonly #trapped: number[];

  constructor(probes: WebAssembly.Memory, edges: readonly PlanEdge[], composition: string) {
    const outer = edges
      .map(({ from, to, ...rest }, number) => ({
        number,
        edge: { from: from[0] ?? composition, to: to[0] ?? composition, ...rest },
      }))
      .filter(({ edge }) => edge.from !== edge.to);
    this.edges = outer.map(({ edge }) => edge);
    this.#numbers = outer.map(({ number }) => number);
    this.#words = new BigUint64Array(probes.buffer);
    this.#trapped = outer.map(() => 0);
  }

  /**
   * Two counts an edge: calls that returned, calls that never will. The second is only known while nothing runs, since a
   * call that has begun and not returned may still do so; until then it keeps its value.
   */
  read(idle: boolean): number[] {
    return this.#numbers.flatMap((number, index) => {
      const begun = Number(this.#words[number * 2]);
      const returned = Number(this.#words[number * 2 + 1]);
      if (idle) this.#trapped[index] = begun - returned;
      return [returned, this.#trapped[index]!];
    });
  }
}
