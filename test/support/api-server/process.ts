import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { ApiServerError } from "./error.ts";

/** A program that never outlives this process, however this process ends. */
export interface Guarded {
  readonly pid: number;
  /** All that it wrote so far, stdout and stderr together. */
  output(): string;
  /** The exit code or the signal's name, once it ended. */
  readonly ended: Promise<number | string>;
  /** True until it ended. */
  running(): boolean;
  /** Sends a signal to the program alone. */
  signal(name: NodeJS.Signals): void;
  /** Sends the signal, and after `graceMs` SIGKILL to all that it started; settles when it is gone. */
  stop(name?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

/**
 * The guard holds the read end of a pipe whose write end is ours. The kernel closes it when we end, by SIGKILL too; then
 * the guard kills the group. `exec` makes the program the leader of that group, and our own child.
 */
const guard = 'exec 3<&0; (read _ <&3; kill -9 0) & exec "$0" "$@" 3<&- </dev/null';

/** Starts a program in a process group of its own, with its output in the file `log`, which is appended to. */
export function startGuarded(
  command: string,
  args: readonly string[],
  options: {
    readonly log: string;
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly cwd?: string;
  },
): Guarded {
  const log = openSync(options.log, "a");
  const child = spawn("/bin/sh", ["-c", guard, command, ...args], {
    detached: true,
    stdio: ["pipe", log, log],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);
  const pid = child.pid;
  if (pid === undefined) throw new ApiServerError("missing", `Cannot start ${command}: there is no /bin/sh`);
  let running = true;
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      running = false;
      killGroup(pid);
      resolve(code ?? signal ?? "unknown");
    });
  });
  // Neither the program nor the pipe keeps a test process alive that forgot to stop it.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    pid,
    ended,
    output: () => readFileSync(options.log, "utf8"),
    running: () => running,
    signal(name) {
      if (running) process.kill(pid, name);
    },
    async stop(name = "SIGTERM", graceMs = 5_000) {
      if (!running) return;
      // Referenced again: whoever stops it waits for its end.
      child.ref();
      process.kill(pid, name);
      const timer = setTimeout(() => killGroup(pid), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The guard goes too. That the group is gone already is no error. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
