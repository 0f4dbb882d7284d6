import { decodeLatin1 } from "../../abi/text.ts";
import type { CoreFunction, GuestContext, HostFunction } from "../host.ts";
import { Trap } from "../host.ts";
import { Fields, type HeaderError, maximumBytes } from "./fields.ts";

/** A core function that answers at once. */
export const plain = (call: CoreFunction): HostFunction => ({ kind: "core", call });

/** The functions of the resource `fields`. */
export function bindFields(guest: GuestContext): Record<string, HostFunction> {
  const fields = (self: number): Fields => guest.get(self, Fields);
  /** What a guest does to fields, and what they hold afterwards. */
  const change = (self: number, act: (fields: Fields) => HeaderError | undefined, out: number): void => {
    const changed = fields(self);
    const error = act(changed);
    guest.recount(changed);
    result(error, out);
  };
  const result = (error: HeaderError | undefined, out: number): void => {
    const view = guest.view();
    view.setUint8(out, error === undefined ? 0 : 1);
    if (error !== undefined) view.setUint8(out + 1, error);
  };
  return {
    "[constructor]fields": plain(() => guest.add(new Fields())),
    "[static]fields.from-list": plain((list, length, out) => {
      const made = new Fields();
      let error: HeaderError | undefined;
      for (let i = 0; i < length && error === undefined; i++) {
        const view = guest.view();
        const at = (list >>> 0) + i * 16;
        const name = guest.readString(view.getUint32(at, true), view.getUint32(at + 4, true));
        error = made.append(name, readValue(guest, view.getUint32(at + 8, true), view.getUint32(at + 12, true)));
      }
      const handle = error === undefined ? guest.add(made) : error;
      const view = guest.view();
      view.setUint8(out, error === undefined ? 0 : 1);
      if (error === undefined) view.setUint32(out + 4, handle, true);
      else view.setUint8(out + 4, handle);
    }),
    "[method]fields.get": plain((self, name, length, out) =>
      writeValues(guest, fields(self).get(guest.readString(name, length)), out),
    ),
    "[method]fields.has": plain((self, name, length) => (fields(self).has(guest.readString(name, length)) ? 1 : 0)),
    "[method]fields.set": plain((self, name, length, list, count, out) => {
      const values: string[] = [];
      if (count >>> 0 > maximumBytes) throw new Trap(`fields.set() was called with too many values: ${count >>> 0}`);
      for (let i = 0; i < count; i++) {
        const view = guest.view();
        const at = (list >>> 0) + i * 8;
        values.push(readValue(guest, view.getUint32(at, true), view.getUint32(at + 4, true)));
      }
      change(self, (of) => of.set(guest.readString(name, length), values), out);
    }),
    "[method]fields.delete": plain((self, name, length, out) =>
      change(self, (of) => of.delete(guest.readString(name, length)), out),
    ),
    "[method]fields.append": plain((self, name, length, value, size, out) =>
      change(self, (of) => of.append(guest.readString(name, length), readValue(guest, value, size)), out),
    ),
    "[method]fields.entries": plain((self, out) => {
      const list = fields(self).list;
      const base = guest.allocate(4, list.length * 8);
      for (let i = 0; i < list.length; i += 2) {
        guest.writeString(list[i]!, base + i * 8);
        writeLatin1(guest, list[i + 1]!, base + i * 8 + 8);
      }
      writeList(guest, base, list.length / 2, out);
    }),
    "[method]fields.clone": plain((self) => guest.add(fields(self).clone())),
  };
}

/** Bytes of the guest as a string of one character a byte. */
function readValue(guest: GuestContext, pointer: number, length: number): string {
  const start = pointer >>> 0;
  const end = start + (length >>> 0);
  const bytes = guest.bytes();
  if (end > bytes.length) throw new Trap(`Out of bounds: ${start} to ${end} of ${bytes.length}`);
  return decodeLatin1(bytes, start, end);
}

function writeLatin1(guest: GuestContext, text: string, target: number): void {
  guest.writeBytes(Buffer.from(text, "latin1"), target);
}

function writeValues(guest: GuestContext, values: readonly string[], out: number): void {
  const base = guest.allocate(4, values.length * 8);
  values.forEach((value, i) => {
    writeLatin1(guest, value, base + i * 8);
  });
  writeList(guest, base, values.length, out);
}

function writeList(guest: GuestContext, base: number, length: number, out: number): void {
  const view = guest.view();
  view.setUint32(out, base, true);
  view.setUint32(out + 4, length, true);
}
