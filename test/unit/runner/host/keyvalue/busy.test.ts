import { expect, test } from "@jest/globals";
import { BackendError } from "../../../../../runner/backends/error.ts";
import { MemoryBackend } from "../../../../../runner/backends/memory.ts";
import { keyvalueInterfaces } from "../../../../../runner/host/keyvalue/keyvalue.ts";
import { bound, hostInstance } from "../bound.ts";

class Busy extends MemoryBackend {
  times = 2;
  override exists(bucket: string, key: string): boolean {
    if (this.times-- > 0) throw new BackendError("busy", "Cannot use the key-value backend: it is busy");
    return super.exists(bucket, key);
  }
}

test("a call on a backend that others keep busy waits without holding the thread, and then succeeds", async () => {
  const backend = new Busy();
  const host = hostInstance(
    { keyvalue: [{ backend: "file", bucket: "b", access: "ReadWrite" }] },
    { backends: { keyvalue: () => backend, close: async () => {} } },
  );
  const call = bound(keyvalueInterfaces, "wasi:keyvalue/store", host, { version: "0.2.0-draft2" });
  const answer = call("[method]bucket.exists", call("open", "b"), "k");
  expect(answer).toHaveProperty("then");
  expect(await answer).toBe(false);
  expect(backend.times).toBe(-1);
  expect(host.lines).toEqual([]);
});
