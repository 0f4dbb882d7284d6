import { type CoreFunction, type GuestContext, type HostFunction, type HostInterface, Trap } from "./host.ts";
import { InputStream, IoError, OutputStream, Pollable, type Waitable } from "./streams.ts";

/** Bytes that one call moves at most, whatever the guest asks for. */
const chunkBytes = 64 * 1024;
/** Pollables that one `poll` waits for at most: each costs the host memory and a place in a list of listeners. */
const pollEntries = 10_000;
/** What the specification allows a `blocking-write-and-flush` to carry. */
const blockingWriteBytes = 4096;

const speaks = (version: string): boolean => /^0\.2\.\d+$/.test(version);
const plain = (call: CoreFunction): HostFunction => ({ kind: "core", call });
const blocking = (call: CoreFunction): HostFunction => ({ kind: "core", blocking: true, call });

/** `wasi:io` 0.2: error, poll and streams, for the streams and pollables of every other interface. */
export const ioInterfaces: readonly HostInterface[] = [
  { name: "wasi:io/error", speaks, bind: bindError, resources: { error: IoError } },
  { name: "wasi:io/poll", speaks, bind: bindPoll, resources: { pollable: Pollable } },
  {
    name: "wasi:io/streams",
    speaks,
    bind: (guest) => ({ ...bindInput(guest), ...bindOutput(guest), ...bindSplice(guest) }),
    resources: { "input-stream": InputStream, "output-stream": OutputStream },
  },
];

function bindError(guest: GuestContext): Record<string, HostFunction> {
  return {
    "[method]error.to-debug-string": plain((self, out) => guest.writeString(guest.get(self, IoError).message, out)),
  };
}

function bindPoll(guest: GuestContext): Record<string, HostFunction> {
  return {
    "[method]pollable.ready": plain((self) => (guest.get(self, Pollable).ready() ? 1 : 0)),
    "[method]pollable.block": blocking((self) => {
      const pollable = guest.get(self, Pollable);
      return pollable.ready() ? undefined : pollable.wait();
    }),
    poll: blocking((pointer, length, out) => {
      const sources = sourcesAt(guest, pointer >>> 0, length >>> 0);
      const ready = readyOf(sources);
      if (ready.length > 0) return writeIndices(guest, ready, out);
      return waitAny(sources).then(() => writeIndices(guest, readyOf(sources), out));
    }),
  };
}

function sourcesAt(guest: GuestContext, pointer: number, length: number): Waitable[] {
  if (length === 0) throw new Trap("poll() was called with an empty list");
  if (length > pollEntries) throw new Trap(`poll() takes at most ${pollEntries} pollables: ${length}`);
  const view = guest.view();
  if (pointer + 4 * length > view.byteLength)
    throw new Trap(`poll() was called with a list that ends outside the memory: ${length} pollables at ${pointer}`);
  return Array.from({ length }, (_, i) => guest.get(view.getUint32(pointer + 4 * i, true), Pollable).source);
}

function readyOf(sources: readonly Waitable[]): number[] {
  const ready: number[] = [];
  for (let i = 0; i < sources.length; i++) if (sources[i]!.ready()) ready.push(i);
  return ready;
}

/** Leaves nothing behind on the sources that did not wake: a guest may poll the same long timer for ever. */
async function waitAny(sources: readonly Waitable[]): Promise<void> {
  do {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        for (const source of sources) source.unwatch(wake);
        resolve();
      };
      for (const source of sources) source.watch(wake);
    });
  } while (!sources.some((source) => source.ready()));
}

function writeIndices(guest: GuestContext, indices: readonly number[], out: number): void {
  const list = guest.allocate(4, indices.length * 4);
  const view = guest.view();
  for (let i = 0; i < indices.length; i++) view.setUint32(list + 4 * i, indices[i]!, true);
  view.setUint32(out, list, true);
  view.setUint32(out + 4, indices.length, true);
}

function bindInput(guest: GuestContext): Record<string, HostFunction> {
  const read = (stream: InputStream, length: bigint, out: number) => {
    const bytes = stream.read(clamp(length));
    if (bytes === null) return writeFailure(guest, stream, out, 4);
    guest.writeBytes(bytes, out + 4);
    guest.view().setUint8(out, 0);
  };
  const skip = (stream: InputStream, length: bigint, out: number) => {
    const bytes = stream.read(clamp(length));
    if (bytes === null) return writeFailure(guest, stream, out, 8);
    writeCount(guest, bytes.length, out);
  };
  const whenReady =
    (act: (stream: InputStream, length: bigint, out: number) => void): CoreFunction =>
    (self: number, length: bigint, out: number) => {
      const stream = guest.get(self, InputStream);
      return stream.ready() ? act(stream, length, out) : stream.wait().then(() => act(stream, length, out));
    };
  return {
    "[method]input-stream.read": plain((self, length, out) => read(guest.get(self, InputStream), length, out)),
    "[method]input-stream.blocking-read": blocking(whenReady(read)),
    "[method]input-stream.skip": plain((self, length, out) => skip(guest.get(self, InputStream), length, out)),
    "[method]input-stream.blocking-skip": blocking(whenReady(skip)),
    "[method]input-stream.subscribe": plain((self) => guest.add(new Pollable(guest.get(self, InputStream)))),
  };
}

function bindOutput(guest: GuestContext): Record<string, HostFunction> {
  const done = (stream: OutputStream, out: number): void => {
    if (stream.capacity() === null) writeFailure(guest, stream, out, 4);
    else guest.view().setUint8(out, 0);
  };
  const flush = (stream: OutputStream, out: number): ReturnType<CoreFunction> => {
    if (stream.capacity() !== null) stream.flush();
    return stream.ready() ? done(stream, out) : stream.wait().then(() => done(stream, out));
  };
  const writeAll = (stream: OutputStream, bytes: Uint8Array, out: number): ReturnType<CoreFunction> => {
    stream.permit = 0;
    const capacity = stream.capacity();
    if (capacity === null) return writeFailure(guest, stream, out, 4);
    if (capacity >= bytes.length) {
      if (bytes.length > 0) stream.write(bytes);
      return flush(stream, out);
    }
    if (capacity > 0) stream.write(bytes.subarray(0, capacity));
    return stream.wait().then(() => writeAll(stream, bytes.subarray(capacity), out));
  };
  const write = (self: number, length: number, out: number, bytes: () => Uint8Array) => {
    const stream = guest.get(self, OutputStream);
    if (stream.capacity() === null) return writeFailure(guest, stream, out, 4);
    if (length > stream.permit)
      throw new Trap(`write() of more bytes than check-write() permitted: ${length} > ${stream.permit}`);
    stream.permit -= length;
    if (length > 0) stream.write(bytes());
    done(stream, out);
  };
  return {
    "[method]output-stream.check-write": plain((self, out) => {
      const stream = guest.get(self, OutputStream);
      const capacity = stream.capacity();
      if (capacity === null) return writeFailure(guest, stream, out, 8);
      stream.permit = capacity;
      writeCount(guest, capacity, out);
    }),
    "[method]output-stream.write": plain((self, pointer, length, out) =>
      write(self, length >>> 0, out, () => guest.readBytes(pointer, length)),
    ),
    "[method]output-stream.write-zeroes": plain((self, length, out) =>
      write(self, Number(BigInt.asUintN(64, length)), out, () => new Uint8Array(Number(length))),
    ),
    "[method]output-stream.blocking-write-and-flush": blocking((self, pointer, length, out) => {
      const stream = guest.get(self, OutputStream);
      if (length >>> 0 > blockingWriteBytes) throw tooLarge("blocking-write-and-flush", length >>> 0);
      return writeAll(stream, guest.readBytes(pointer, length), out);
    }),
    "[method]output-stream.blocking-write-zeroes-and-flush": blocking((self, length, out) => {
      const stream = guest.get(self, OutputStream);
      const size = BigInt.asUintN(64, length);
      if (size > blockingWriteBytes) throw tooLarge("blocking-write-zeroes-and-flush", size);
      return writeAll(stream, new Uint8Array(Number(size)), out);
    }),
    "[method]output-stream.flush": plain((self, out) => {
      const stream = guest.get(self, OutputStream);
      if (stream.capacity() !== null) stream.flush();
      done(stream, out);
    }),
    "[method]output-stream.blocking-flush": blocking((self, out) => flush(guest.get(self, OutputStream), out)),
    "[method]output-stream.subscribe": plain((self) => guest.add(new Pollable(guest.get(self, OutputStream)))),
  };
}

function bindSplice(guest: GuestContext): Record<string, HostFunction> {
  const splice = (target: OutputStream, source: InputStream, length: bigint, out: number) => {
    target.permit = 0;
    const capacity = target.capacity();
    if (capacity === null) return writeFailure(guest, target, out, 8);
    const bytes = source.read(Math.min(clamp(length), capacity));
    if (bytes === null) return writeFailure(guest, source, out, 8);
    if (bytes.length > 0) target.write(bytes.slice());
    writeCount(guest, bytes.length, out);
  };
  return {
    "[method]output-stream.splice": plain((self, source, length, out) =>
      splice(guest.get(self, OutputStream), guest.get(source, InputStream), length, out),
    ),
    "[method]output-stream.blocking-splice": blocking((self, from, length, out) => {
      const target = guest.get(self, OutputStream);
      const source = guest.get(from, InputStream);
      const act = () => splice(target, source, length, out);
      if (!target.ready())
        return target
          .wait()
          .then(() => source.wait())
          .then(act);
      return source.ready() ? act() : source.wait().then(act);
    }),
  };
}

function clamp(length: bigint): number {
  const size = BigInt.asUintN(64, length);
  return size > chunkBytes ? chunkBytes : Number(size);
}

function tooLarge(what: string, length: number | bigint): Trap {
  return new Trap(`${what}() takes at most ${blockingWriteBytes} bytes: ${length}`);
}

function writeCount(guest: GuestContext, count: number, out: number): void {
  const view = guest.view();
  view.setUint8(out, 0);
  view.setBigUint64(out + 8, BigInt(count), true);
}

/** Writes `err(stream-error)`: a failure the first time it is told, `closed` ever after. */
function writeFailure(guest: GuestContext, stream: InputStream | OutputStream, out: number, payload: number): void {
  const failure = stream.failure;
  stream.failure = undefined;
  const handle = failure === undefined ? 0 : guest.add(failure);
  const view = guest.view();
  view.setUint8(out, 1);
  view.setUint8(out + payload, failure === undefined ? 1 : 0);
  if (failure !== undefined) view.setUint32(out + payload + 4, handle, true);
}
