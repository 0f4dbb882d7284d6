import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { lacks } from "../../../guests/guest.ts";
import { type InProcess, openGuests } from "./in-process.ts";

/** Building an engine of 12 or 18 MB and compiling it takes a while on a busy machine. */
const patience = 300_000;

const consumers = [
  { name: "consumer-quickjs", language: "javascript", greeting: "Hello, Ada, from JavaScript" },
  { name: "consumer-starlingmonkey", language: "javascript", greeting: "Hello, Ada, from JavaScript" },
  { name: "consumer-python", language: "python", greeting: "Hello, Ada, from Python" },
];

for (const { name, language, greeting } of consumers) {
  const missing = await lacks(name);
  const maybe = missing === undefined ? describe : describe.skip;

  maybe(`${name} with the logger in C${missing === undefined ? "" : ` (needs ${missing})`}`, () => {
    let guests: InProcess;
    beforeAll(async () => {
      guests = await openGuests({
        instances: { consumer: name, logger: "user-api/logger" },
        exports: ["consumer/tenon:greeter/greet"],
      });
    }, patience);
    afterAll(() => guests?.close());

    const greet = (who: string) => guests.call("tenon:greeter/greet", "greet", who);

    test("answers", async () => {
      expect(await greet("Ada")).toBe(greeting);
    });

    test("logs through the logger's own standard output", async () => {
      await greet("Zoë 🦆");
      expect(guests.lines.at(-1)).toBe(`logger: info  ${language}: greeting Zoë 🦆`);
    });

    test("gives an error as the err case, and can be called again", async () => {
      await expect(greet("")).rejects.toMatchObject({ payload: "nobody to greet" });
      expect(guests.lines.at(-1)).toBe(`logger: error ${language}: nobody to greet`);
      expect(await greet("Ada")).toBe(greeting);
    });

    test("a message can't fake a line of the log", async () => {
      await greet("Eve\ninfo  somebody else\u001b[2J");
      expect(guests.lines.at(-1)).toBe(`logger: info  ${language}: greeting Eve.info  somebody else.[2J`);
    });
  });
}
