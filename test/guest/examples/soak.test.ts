import { expect, test } from "@jest/globals";
import { openGuests } from "../guests/in-process.ts";

test("the Go component outlives its garbage collections", async () => {
  const guests = await openGuests({
    instances: { auth: "user-api/authentication", db: "user-api/user-database", log: "user-api/logger" },
    exports: ["auth/example:http/auth"],
  });
  try {
    // Go collects every 4 MB or so, some 1,300 calls; one that began while a caller allocated would end the instance.
    for (let calls = 0; calls < 6000; calls++) {
      const answer = await guests.call("example:http/auth", "authenticate", "ada-token", calls % 2 ? "ada" : "zoe");
      expect(answer).toMatchObject({ tag: calls % 2 ? "ok" : "not-found" });
    }
  } finally {
    await guests.close();
  }
}, 120_000);
