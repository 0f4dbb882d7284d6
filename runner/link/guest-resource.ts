/** A resource that a guest defines, in the hands of the host. `tenon/link` derives a class for each. */
export class GuestResource {
  readonly resource: number;
  /** What the guest knows it by. */
  readonly rep: number;
  /** False once given back to a guest or dropped. */
  owned = true;
  constructor(resource: number, rep: number) {
    this.resource = resource;
    this.rep = rep;
  }
}

/** How an own handle that leaves the guest becomes an object. */
export type WrapResource = (resource: number, rep: number) => GuestResource;
