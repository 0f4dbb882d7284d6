import { stderr, stdin, stdout } from "node:process";
import type { Readable, Writable } from "node:stream";
import { speaks } from "./catalogue.ts";
import { core, typed } from "./functions.ts";
import { type HostFunction, type HostInstance, type HostInterface, stateless, Trap } from "./host.ts";
import { LineWriter } from "./lines.ts";
import { BytesInput, SinkOutput } from "./streams.ts";
import { ReadableInput, WritableOutput } from "./streams-node.ts";

/** Ends the call of a guest that asked to exit: `code` is 0 for success, at most 255. The instance is used up. */
export class ExitError extends Trap {
  readonly code: number;
  constructor(code: number) {
    super(`The guest exited with code ${code}`);
    this.code = code;
  }
}

/** The resource `terminal-input`: says only that there is one. */
export class TerminalInput {
  readonly [stateless] = true;
}
/** The resource `terminal-output`: says only that there is one. */
export class TerminalOutput {
  readonly [stateless] = true;
}

/**
 * `wasi:cli` 0.2. Without a grant: no environment, no arguments, an empty standard input. Output goes to the log by
 * lines; with `stdio: Inherit` the three streams are those of the process.
 */
export const cliInterfaces: readonly HostInterface[] = [
  define("environment", bindEnvironment),
  define("exit", () => ({
    exit: core((failed) => exit(failed === 0 ? 0 : 1)),
    "exit-with-code": core((code) => exit(code & 0xff)),
  })),
  define("stdin", (host) => ({ "get-stdin": typed(() => openInput(host, stdin)) })),
  define("stdout", (host) => ({ "get-stdout": typed(outputOf(host, "stdout", () => stdout)) })),
  define("stderr", (host) => ({ "get-stderr": typed(outputOf(host, "stderr", () => stderr)) })),
  { ...define("terminal-input", () => ({})), resources: { "terminal-input": TerminalInput } },
  { ...define("terminal-output", () => ({})), resources: { "terminal-output": TerminalOutput } },
  define("terminal-stdin", (host) => ({
    "get-terminal-stdin": typed(() => (isTerminal(host, stdin) ? new TerminalInput() : undefined)),
  })),
  define("terminal-stdout", (host) => ({
    "get-terminal-stdout": typed(() => (isTerminal(host, stdout) ? new TerminalOutput() : undefined)),
  })),
  define("terminal-stderr", (host) => ({
    "get-terminal-stderr": typed(() => (isTerminal(host, stderr) ? new TerminalOutput() : undefined)),
  })),
];

function define(name: string, bind: (host: HostInstance) => Record<string, HostFunction>): HostInterface {
  return { name: `wasi:cli/${name}`, speaks: speaks(`wasi:cli/${name}`), bind: (_guest, host) => bind(host) };
}

/** The first argument is the program's name, as everywhere: the instance's. Without a grant there is not even that. */
function bindEnvironment({ instance, grants }: HostInstance): Record<string, HostFunction> {
  const variables = (grants.env ?? []).map(({ name, value }) => [name, value]);
  const commandLine = grants.args === undefined ? [] : [instance, ...grants.args];
  return {
    "get-environment": typed(() => variables),
    "get-arguments": typed(() => commandLine),
    "initial-cwd": typed(() => undefined),
  };
}

function exit(code: number): never {
  throw new ExitError(code);
}

function inherits(host: HostInstance): boolean {
  return host.grants.stdio === "Inherit";
}

function isTerminal(host: HostInstance, stream: { readonly isTTY?: boolean }): boolean {
  return inherits(host) && stream.isTTY === true;
}

function openInput(host: HostInstance, source: Readable): BytesInput | ReadableInput {
  return inherits(host) ? new ReadableInput(source) : new BytesInput();
}

function outputOf(host: HostInstance, stream: "stdout" | "stderr", target: () => Writable) {
  if (inherits(host)) return () => new WritableOutput(target());
  const lines = new LineWriter(host, stream);
  return () => new SinkOutput((bytes) => lines.write(bytes));
}
