/** What may stand beside a message: names, numbers, and nothing secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** How much a line matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One JSON object a line: `time`, `level`, `message`, and the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with these fields on each line: `{ controller: "composition", namespace, name }`. */
  with(fields: LogFields): Log;
}

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A log that hands every line of at least `level` to `write`, without its newline. */
export function makeLog(
  write: (line: string) => void,
  options: { readonly level: LogLevel; readonly now: () => number },
  fields: LogFields = {},
): Log {
  const least = order.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (message: string, more: LogFields = {}): void => {
      if (order.indexOf(level) < least) return;
      write(JSON.stringify({ time: new Date(options.now()).toISOString(), level, message, ...fields, ...more }));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (more) => makeLog(write, options, { ...fields, ...more }),
  };
}
