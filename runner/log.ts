import type { Log, LogLevel } from "./host/host.ts";
import type { LogFormat } from "./messages.ts";

/** Where lines go: `process.stdout.write` and the like. */
export type Sink = (text: string) => void;

/** A log of guests and of the runner itself. */
export interface RunnerLog extends Log {
  /** A line of the runner; `fields` are names and ids, never secrets. */
  event(level: LogLevel, message: string, fields?: Readonly<Record<string, string | number>>): void;
}

const maxLine = 16 * 1024;
const colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94];
const streamLevels: Readonly<Record<string, LogLevel>> = { stdout: "info", stderr: "info" };

/**
 * Makes a log. `pretty`: `instance | line`, in the instance's colour where `colour` is set; `json`: one object a line with
 * `time`, `level`, `instance`, `stream`, `message`. A line longer than 16 KiB is cut.
 * Control characters of guests are escaped, so that no guest can repaint somebody's terminal or forge a line.
 */
export function makeLog(
  format: LogFormat,
  options: { readonly sink?: Sink; readonly colour?: boolean; readonly now?: () => Date } = {},
): RunnerLog {
  const sink = options.sink ?? ((text) => process.stdout.write(text));
  const now = options.now ?? (() => new Date());
  const json = (level: string, message: string, fields: object) =>
    sink(`${JSON.stringify({ time: now().toISOString(), level, ...fields, message })}\n`);
  const pretty = (name: string, colour: number, text: string) => {
    const prefix = `${name.padEnd(14)} |`;
    sink(`${options.colour === true ? `\x1b[${colour}m${prefix}\x1b[39m` : prefix} ${text}\n`);
  };
  return {
    write(instance, stream, line) {
      const text = line.length > maxLine ? `${line.slice(0, maxLine)}… (cut)` : line;
      const level = streamLevels[stream] ?? stream;
      if (format === "json") return json(level, text, { instance, stream: streamLevels[stream] ? stream : "log" });
      const mark = streamLevels[stream] ? "" : `${stream.toUpperCase()} `;
      pretty(instance, colourOf(instance), mark + escapeControls(text));
    },
    event(level, message, fields = {}) {
      if (format === "json") return json(level, message, fields);
      const bad = level === "error" || level === "critical";
      pretty("tenon", bad ? 31 : 90, escapeControls(message));
    },
  };
}

/** The same instance has the same colour in every process. */
function colourOf(instance: string): number {
  let hash = 0;
  for (let i = 0; i < instance.length; i++) hash = (hash * 31 + instance.charCodeAt(i)) >>> 0;
  return colours[hash % colours.length]!;
}

function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, (c) =>
    c === "\n" ? "\\n" : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
