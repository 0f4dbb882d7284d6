import type { GuestMemory } from "./memory.ts";

/** What lifting and lowering need of a canonical context besides its memory: its handles, by resource table of the plan. */
export interface AbiContext extends GuestMemory {
  /** Takes an own handle out of the guest's table. */
  liftOwn(table: number, handle: number): object;
  /** What a borrow handle stands for; the guest keeps it. */
  liftBorrow(table: number, handle: number): object;
  /** A handle for `value`, which the guest then owns; an `AbiError` if it is not of the table's resource. */
  lowerOwn(table: number, value: unknown): number;
  /** A handle (or, for the resource's own instance, its representation) that lives as long as the call. */
  lowerBorrow(table: number, value: unknown): number;
}
