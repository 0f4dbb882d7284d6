import { Readable, Writable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import type { HostInstance } from "../../../../../runner/host/host.ts";
import { ioInterfaces } from "../../../../../runner/host/io.ts";
import {
  BytesInput,
  InputStream,
  IoError,
  OutputStream,
  Pollable,
  Waitable,
} from "../../../../../runner/host/streams.ts";
import { ReadableInput, WritableOutput } from "../../../../../runner/host/streams-node.ts";
import { caller, out, TestGuest } from "./guest.ts";

const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes));
const trap = (message: RegExp) => expect.objectContaining({ name: "Trap", message: expect.stringMatching(message) });

function setUp() {
  const guest = new TestGuest();
  const functions = Object.assign({}, ...ioInterfaces.map((one) => one.bind(guest, {} as HostInstance)));
  return { guest, call: caller(functions) };
}

/** A source that is told what to do. */
class Fed extends InputStream {
  chunks: Uint8Array[] = [];
  over = false;
  ready() {
    return this.over || this.chunks.length > 0;
  }
  read(max: number) {
    if (this.chunks.length === 0) return this.over ? null : new Uint8Array(0);
    return this.chunks.shift()!.subarray(0, max);
  }
  feed(data: string) {
    this.chunks.push(new TextEncoder().encode(data));
    this.wake();
  }
  fail(failure?: IoError) {
    this.over = true;
    this.failure = failure;
    this.wake();
  }
}

/** A sink with room that the test opens and closes. */
class Sink extends OutputStream {
  room = 16;
  closed = false;
  flushing = false;
  written = "";
  capacity() {
    if (this.closed) return null;
    return this.flushing ? 0 : this.room;
  }
  write(bytes: Uint8Array) {
    this.room -= bytes.length;
    this.written += text(bytes);
  }
  open(room: number) {
    this.room = room;
    this.flushing = false;
    this.wake();
  }
}

class Flag extends Waitable {
  up = false;
  watchers = 0;
  ready() {
    return this.up;
  }
  override watch(wake: () => void) {
    this.watchers++;
    super.watch(wake);
  }
  override unwatch(wake: () => void) {
    this.watchers--;
    super.unwatch(wake);
  }
  raise() {
    this.up = true;
    this.wake();
  }
}

describe("wasi:io speaks", () => {
  test("every patch of 0.2 and nothing else", () => {
    for (const one of ioInterfaces) {
      for (const version of ["0.2.0", "0.2.3", "0.2.12"]) expect(one.speaks(version)).toBe(true);
      for (const version of ["", "0.3.0", "0.2", "0.2.0-rc-2023-11-10", "10.2.0"])
        expect(one.speaks(version)).toBe(false);
    }
  });
});

describe("input-stream", () => {
  test("read() gives what is there, at most what was asked for, and nothing rather than wait", () => {
    const { guest, call } = setUp();
    const stream = new BytesInput(new TextEncoder().encode("hello"));
    const self = guest.add(stream);
    call("[method]input-stream.read", self, 3n, out);
    expect([guest.u8(out), guest.textAt(out + 4)]).toEqual([0, "hel"]);
    const empty = guest.add(new Fed());
    call("[method]input-stream.read", empty, 3n, out);
    expect([guest.u8(out), guest.textAt(out + 4)]).toEqual([0, ""]);
  });

  test("read() of any u64 moves at most 64 KiB", () => {
    const { guest, call } = setUp();
    const self = guest.add(new BytesInput(new Uint8Array(100_000)));
    call("[method]input-stream.read", self, -1n, out);
    expect(guest.u32(out + 8)).toBe(65536);
  });

  test("read() answers closed at the end", () => {
    const { guest, call } = setUp();
    const self = guest.add(new BytesInput());
    call("[method]input-stream.read", self, 1n, out);
    expect([guest.u8(out), guest.u8(out + 4)]).toEqual([1, 1]);
  });

  test("a failure is told once, with an error that says what happened; then the stream is closed", () => {
    const { guest, call } = setUp();
    const stream = new Fed();
    const self = guest.add(stream);
    stream.fail(new IoError("the disk is gone"));
    call("[method]input-stream.skip", self, 1n, out);
    expect([guest.u8(out), guest.u8(out + 8)]).toEqual([1, 0]);
    call("[method]error.to-debug-string", guest.u32(out + 12), out + 64);
    expect(guest.textAt(out + 64)).toBe("the disk is gone");
    call("[method]input-stream.skip", self, 1n, out);
    expect([guest.u8(out), guest.u8(out + 8)]).toEqual([1, 1]);
  });

  test("blocking-read() answers at once where it can, else waits for bytes", async () => {
    const { guest, call } = setUp();
    const stream = new Fed();
    const self = guest.add(stream);
    stream.feed("now");
    expect(call("[method]input-stream.blocking-read", self, 9n, out)).toBeUndefined();
    expect(guest.textAt(out + 4)).toBe("now");
    const waiting = call("[method]input-stream.blocking-read", self, 9n, out);
    stream.wake();
    stream.feed("later");
    await waiting;
    expect(guest.textAt(out + 4)).toBe("later");
  });

  test("skip() and blocking-skip() count what they passed over", async () => {
    const { guest, call } = setUp();
    const stream = new Fed();
    const self = guest.add(stream);
    stream.feed("abcd");
    call("[method]input-stream.skip", self, 3n, out);
    expect([guest.u8(out), guest.u64(out + 8)]).toEqual([0, 3n]);
    const waiting = call("[method]input-stream.blocking-skip", self, 9n, out);
    stream.feed("xy");
    await waiting;
    expect(guest.u64(out + 8)).toBe(2n);
  });

  test("a handle of another type is a trap", () => {
    const { guest, call } = setUp();
    const self = guest.add(new Sink());
    expect(() => call("[method]input-stream.read", self, 1n, out)).toThrow(trap(/InputStream/));
  });
});

describe("output-stream", () => {
  test("check-write() permits, write() uses the permit up, more is a trap", () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    const self = guest.add(sink);
    const write = (data: string) => call("[method]output-stream.write", self, ...guest.put(data), out);
    expect(() => write("a")).toThrow(trap(/1 > 0/));
    call("[method]output-stream.check-write", self, out);
    expect([guest.u8(out), guest.u64(out + 8)]).toEqual([0, 16n]);
    write("abc");
    expect(guest.u8(out)).toBe(0);
    expect(() => write("x".repeat(14))).toThrow(trap(/14 > 13/));
    expect(sink.written).toBe("abc");
  });

  test("write() beyond the memory is a trap", () => {
    const { guest, call } = setUp();
    const self = guest.add(new Sink());
    call("[method]output-stream.check-write", self, out);
    expect(() => call("[method]output-stream.write", self, -8, 16, out)).toThrow(trap(/out of bounds/));
  });

  test("write-zeroes() is held to the permit too", () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    const self = guest.add(sink);
    call("[method]output-stream.check-write", self, out);
    call("[method]output-stream.write-zeroes", self, 4n, out);
    expect(sink.written).toBe("\0\0\0\0");
    expect(() => call("[method]output-stream.write-zeroes", self, -1n, out)).toThrow(trap(/permitted/));
  });

  test("blocking-write-and-flush() writes piece by piece as there is room", async () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    sink.room = 2;
    const self = guest.add(sink);
    const waiting = call("[method]output-stream.blocking-write-and-flush", self, ...guest.put("abcdefg"), out);
    expect(sink.written).toBe("ab");
    sink.open(3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sink.written).toBe("abcde");
    sink.open(10);
    await waiting;
    expect([sink.written, guest.u8(out)]).toEqual(["abcdefg", 0]);
  });

  test("blocking-write-and-flush() takes 4096 bytes, and one more is a trap", () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    sink.room = 10_000;
    const self = guest.add(sink);
    const write = (size: number) =>
      call("[method]output-stream.blocking-write-and-flush", self, ...guest.put(new Uint8Array(size)), out);
    expect(write(4096)).toBeUndefined();
    expect(() => write(4097)).toThrow(trap(/at most 4096/));
    expect(() => call("[method]output-stream.blocking-write-zeroes-and-flush", self, 4097n, out)).toThrow(trap(/4096/));
    call("[method]output-stream.blocking-write-zeroes-and-flush", self, 8n, out);
    expect(sink.written).toHaveLength(4104);
  });

  test("blocking-flush() waits for the flush", async () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    sink.flush = () => {
      sink.flushing = true;
    };
    const self = guest.add(sink);
    let flushed = false;
    const waiting = Promise.resolve(call("[method]output-stream.blocking-flush", self, out)).then(() => {
      flushed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(flushed).toBe(false);
    sink.open(1);
    await waiting;
    expect(guest.u8(out)).toBe(0);
  });

  test("a closed stream answers closed to every call and never traps", () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    sink.closed = true;
    const self = guest.add(sink);
    call("[method]output-stream.check-write", self, out);
    expect([guest.u8(out), guest.u8(out + 8)]).toEqual([1, 1]);
    call("[method]output-stream.write", self, ...guest.put("abc"), out);
    expect([guest.u8(out), guest.u8(out + 4)]).toEqual([1, 1]);
    for (const name of ["flush", "blocking-flush"]) {
      guest.view().setUint8(out, 9);
      call(`[method]output-stream.${name}`, self, out);
      expect([guest.u8(out), guest.u8(out + 4)]).toEqual([1, 1]);
    }
  });

  test("splice() moves no more than both sides and the call allow", async () => {
    const { guest, call } = setUp();
    const sink = new Sink();
    sink.room = 4;
    const from = new BytesInput(new TextEncoder().encode("abcdef"));
    const [self, source] = [guest.add(sink), guest.add(from)];
    call("[method]output-stream.splice", self, source, 100n, out);
    expect([guest.u8(out), guest.u64(out + 8), sink.written]).toEqual([0, 4n, "abcd"]);
    const waiting = call("[method]output-stream.blocking-splice", self, source, 1n, out);
    sink.open(4);
    await waiting;
    expect([guest.u64(out + 8), sink.written]).toEqual([1n, "abcde"]);
    call("[method]output-stream.splice", self, source, 9n, out);
    call("[method]output-stream.splice", self, source, 9n, out);
    expect([guest.u8(out), guest.u8(out + 8)]).toEqual([1, 1]);
  });
});

describe("poll", () => {
  test("poll() of nothing is a trap", () => {
    const { call } = setUp();
    expect(() => call("poll", 0, 0, out)).toThrow(trap(/empty list/));
  });

  test("poll() takes 10,000 pollables, and traps at more without reading them", () => {
    const { guest, call } = setUp();
    const source = new Flag();
    source.up = true;
    const handle = guest.add(new Pollable(source));
    const list = guest.words(...Array.from({ length: 10_000 }, () => handle));
    expect(call("poll", list, 10_000, out)).toBeUndefined();
    expect(guest.u32(out + 4)).toBe(10_000);
    expect(() => call("poll", list, 10_001, out)).toThrow(trap(/at most 10000 pollables: 10001/));
    expect(() => call("poll", list, -1, out)).toThrow(trap(/at most 10000 pollables: 4294967295/));
  });

  test("poll() traps at a list that ends outside the memory", () => {
    const { guest, call } = setUp();
    expect(() => call("poll", guest.bytes().length - 4, 2, out)).toThrow(trap(/outside the memory/));
    expect(() => call("poll", -4, 2, out)).toThrow(trap(/outside the memory: 2 pollables at 4294967292/));
  });

  test("poll() names all that are ready, in order, without waiting", () => {
    const { guest, call } = setUp();
    const flags = [new Flag(), new Flag(), new Flag()];
    flags[0]!.up = flags[2]!.up = true;
    const list = guest.words(...flags.map((flag) => guest.add(new Pollable(flag))));
    expect(call("poll", list, 3, out)).toBeUndefined();
    expect([...new Uint32Array(guest.listAt(out).length)]).toHaveLength(2);
    expect([guest.u32(guest.u32(out)), guest.u32(guest.u32(out) + 4), guest.u32(out + 4)]).toEqual([0, 2, 2]);
  });

  test("poll() leaves nothing on those that did not become ready, however often it is called", async () => {
    const { guest, call } = setUp();
    const never = new Flag();
    const handle = guest.add(new Pollable(never));
    for (let i = 0; i < 50; i++) {
      const soon = new Flag();
      const list = guest.words(handle, guest.add(new Pollable(soon)));
      const waiting = call("poll", list, 2, out);
      soon.raise();
      await waiting;
      expect(guest.u32(guest.u32(out))).toBe(1);
    }
    expect(never.watchers).toBe(0);
  });

  test("ready() and block() follow the source; dropping a pollable tells whoever made it", async () => {
    const { guest, call } = setUp();
    const flag = new Flag();
    let dropped = 0;
    const self = guest.add(new Pollable(flag, () => dropped++));
    expect(call("[method]pollable.ready", self)).toBe(0);
    const waiting = call("[method]pollable.block", self);
    flag.wake();
    flag.raise();
    await waiting;
    expect(call("[method]pollable.ready", self)).toBe(1);
    expect(call("[method]pollable.block", self)).toBeUndefined();
    guest.drop(self);
    expect(dropped).toBe(1);
  });
});

describe("streams of Node", () => {
  test("ReadableInput gives all bytes and the end, in whatever pieces they are read", async () => {
    const stream = new ReadableInput(Readable.from([Buffer.from("abc"), Buffer.from("defgh")], { objectMode: false }));
    let all = "";
    for (;;) {
      await stream.wait();
      const bytes = stream.read(2);
      if (bytes === null) break;
      all += text(bytes);
    }
    expect([all, stream.failure]).toEqual(["abcdefgh", undefined]);
  });

  test("ReadableInput reads nothing ahead of the guest but the source's own buffer", async () => {
    let asked = 0;
    const source = new Readable({
      highWaterMark: 10,
      read() {
        asked++;
        this.push(Buffer.alloc(10));
      },
    });
    const stream = new ReadableInput(source);
    await stream.wait();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThan(4);
    source.destroy();
  });

  test("ReadableInput fails with the source's error, or where it closes before its end", async () => {
    const broken = new Readable({ read() {} });
    const first = new ReadableInput(broken);
    const waiting = first.wait();
    broken.destroy(new Error("cable cut"));
    await waiting;
    expect([first.read(1), first.failure?.message]).toEqual([null, "cable cut"]);
    const closed = new Readable({ read() {} });
    closed.destroy();
    const second = new ReadableInput(closed);
    await second.wait();
    expect([second.read(1), second.failure?.message]).toEqual([null, "The source was closed before its end"]);
  });

  test("ReadableInput does not let an error after its drop end the process", async () => {
    const source = new Readable({ read() {} });
    const stream = new ReadableInput(source);
    stream.ready();
    stream[Symbol.dispose]();
    source.destroy(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.listenerCount("readable")).toBe(0);
  });

  test("WritableOutput is full at the high-water mark, flushed when all is written, failed by an error", async () => {
    const release: (() => void)[] = [];
    const target = new Writable({ highWaterMark: 8, write: (_chunk, _encoding, done) => void release.push(done) });
    const stream = new WritableOutput(target);
    expect(stream.capacity()).toBe(8);
    stream.write(new Uint8Array(8));
    expect(stream.ready()).toBe(false);
    stream.flush();
    const waiting = stream.wait();
    release.shift()!();
    await waiting;
    expect(stream.capacity()).toBe(8);
    target.destroy(new Error("pipe closed"));
    await new Promise((resolve) => setImmediate(resolve));
    expect([stream.capacity(), stream.failure?.message]).toEqual([null, "pipe closed"]);
  });
});
