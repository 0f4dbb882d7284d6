import { Trap } from "../../../runner/host/host.ts";
import type { Linked, Linker } from "../../../runner/link/linked.ts";

/** An instance without a guest: a test decides what becomes of it. */
export class FakeLinked implements Linked {
  readonly functions = [];
  readonly number: number;
  trap: Trap | undefined = undefined;
  deadline = Infinity;
  snapshots = 0;
  resets = 0;
  resettable = true;
  constructor(number: number) {
    this.number = number;
  }
  func(): undefined {
    return undefined;
  }
  abandon(reason: string): void {
    this.trap = new Trap(reason);
  }
  snapshot(): void {
    this.snapshots++;
  }
  disposed = false;
  [Symbol.dispose](): void {
    this.disposed = true;
  }
  reset(): boolean {
    this.resets++;
    return this.resettable;
  }
  memoryBytes(): number {
    return 65536;
  }
}

/** Counts what it made. */
export class FakeLinker implements Linker {
  readonly edges = [];
  readonly missing = [];
  readonly made: FakeLinked[] = [];
  notResettable: string | null = null;
  failing: Error | undefined = undefined;
  instantiate(): FakeLinked {
    if (this.failing !== undefined) throw this.failing;
    const linked = new FakeLinked(this.made.length);
    this.made.push(linked);
    return linked;
  }
}
