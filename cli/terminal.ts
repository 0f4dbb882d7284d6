import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Where a command writes. What it was asked for goes to `out`, what it has to say meanwhile to `err`. */
export interface Terminal {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Colours for text that goes to `out` or to `err`; the text itself where that is no terminal or NO_COLOR is set. */
  readonly style: { readonly out: Style; readonly err: Style };
  /** True where somebody watches `err`. */
  readonly interactive: boolean;
  /** True where `out` shows text to somebody, and bytes would be noise. */
  readonly showsText: boolean;
  /** Paths of arguments and messages are relative to it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Puts a colour around text, or not. */
export type Style = (format: Format, text: string) => string;

/** The part of a stream that is used. */
export interface Sink {
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
}

/** A terminal over two streams. NO_COLOR turns colours off, FORCE_COLOR on, otherwise a TTY has them. */
export function makeTerminal(options: {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Terminal["env"];
  readonly cwd: string;
}): Terminal {
  const { stdout, stderr, env, cwd } = options;
  const styleFor = (sink: Sink): Style => {
    const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0";
    const colours = !env["NO_COLOR"] && env["TERM"] !== "dumb" && (forced || sink.isTTY === true);
    if (!colours) return (_, text) => text;
    return (format, text) => (text === "" ? "" : styleText(format, text, { validateStream: false }));
  };
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    style: { out: styleFor(stdout), err: styleFor(stderr) },
    interactive: stderr.isTTY === true,
    showsText: stdout.isTTY === true,
    cwd,
    env,
  };
}

const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** Does some work, and says what it is to whoever waits longer than a second for it. */
export async function withProgress<T>(terminal: Terminal, text: string, work: () => Promise<T>): Promise<T> {
  const { interactive, style } = terminal;
  const started = performance.now();
  let shown = 0;
  const tick = (): void => {
    if (performance.now() - started < 1000) return;
    if (interactive) terminal.err(`\r${style.err("cyan", frames[shown % frames.length]!)} ${text}…`);
    else if (shown === 0) terminal.err(`${text}…\n`);
    shown++;
  };
  const timer = setInterval(tick, 100);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (interactive && shown > 0) terminal.err("\r\x1b[K");
  }
}
