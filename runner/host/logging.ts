import { speaks } from "./catalogue.ts";
import { typed } from "./functions.ts";
import type { HostInterface, LogLevel } from "./host.ts";

/** Characters of one message that are written; a line of the log costs far more than the newline that makes it. */
const messageCharacters = 64 * 1024;
/** Characters of the context, which stands before every line. */
const contextCharacters = 256;
/** Lines that one message becomes at most. */
const messageLines = 1000;

/** `wasi:logging`: one line of the log for each line of the message, with the context before it where there is one. */
export const loggingInterfaces: readonly HostInterface[] = [
  {
    name: "wasi:logging/logging",
    speaks: speaks("wasi:logging/logging"),
    bind: (_guest, { instance, services }) => ({
      log: typed((level: LogLevel, context: string, message: string) => {
        const prefix = context === "" ? "" : `${context.slice(0, contextCharacters)}: `;
        const lines = message.slice(0, messageCharacters).split("\n", messageLines);
        for (const line of lines) services.log.write(instance, level, prefix + line);
        const written = lines.reduce((sum, line) => sum + line.length + 1, -1);
        if (written < message.length) services.log.write(instance, level, `${prefix}… (cut)`);
      }),
    }),
  },
];
