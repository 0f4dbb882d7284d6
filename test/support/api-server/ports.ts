import { createServer } from "node:net";

/** A TCP port of loopback that nobody listens on now. Somebody may before it is used: whoever starts a server tries again. */
export async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
