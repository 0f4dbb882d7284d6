import type { PlanEdge } from "./link/linked.ts";
import type { EdgeInfo } from "./messages.ts";

/** Reads what the probes count, edge by edge, as `Stats.edges` has it. */
export class EdgeCounts {
  readonly edges: readonly EdgeInfo[];
  readonly #words: BigUint64Array;
  readonly #trapped: number[];

  constructor(probes: WebAssembly.Memory, edges: readonly PlanEdge[], composition: string) {
    this.edges = edges.map((edge) => ({
      from: edge.from[0] ?? composition,
      to: edge.to[0] ?? composition,
      interface: edge.interface,
      function: edge.function,
    }));
    this.#words = new BigUint64Array(probes.buffer);
    this.#trapped = edges.map(() => 0);
  }

  /**
   * Two counts an edge: calls that returned, calls that never will. The second is only known while nothing runs, since a
   * call that has begun and not returned may still do so; until then it keeps its value.
   */
  read(idle: boolean): number[] {
    return this.edges.flatMap((_, index) => {
      const begun = Number(this.#words[index * 2]);
      const returned = Number(this.#words[index * 2 + 1]);
      if (idle) this.#trapped[index] = begun - returned;
      return [returned, this.#trapped[index]!];
    });
  }
}
