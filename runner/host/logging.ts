import { speaks } from "./catalogue.ts";
import { typed } from "./functions.ts";
import type { HostInterface, LogLevel } from "./host.ts";

/** `wasi:logging`: one line of the log for each line of the message, with the context before it where there is one. */
export const loggingInterfaces: readonly HostInterface[] = [
  {
    name: "wasi:logging/logging",
    speaks: speaks("wasi:logging/logging"),
    bind: (_guest, { instance, services }) => ({
      log: typed((level: LogLevel, context: string, message: string) => {
        const prefix = context === "" ? "" : `${context}: `;
        for (const line of message.split("\n")) services.log.write(instance, level, prefix + line);
      }),
    }),
  },
];
