import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** CPU of a process, in seconds. */
export interface Cpu {
  /** Of all threads, those that ended too. */
  readonly all: number;
  /** Of the composer's worker threads that were seen. */
  readonly composer: number;
}

const mib = 2 ** 20;

/** Watches a process of Linux from outside: its CPU by kind of thread, and its memory. */
export class ProcessMeter {
  readonly #pid: number;
  /** By thread: a thread that ended is in no list any more. */
  readonly #composer = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), 200);
    this.#timer.unref();
  }

  cpu(): Cpu {
    this.#sample();
    const composer = [...this.#composer.values()].reduce((sum, seconds) => sum + seconds, 0);
    return { all: cpuOf(`/proc/${this.#pid}/stat`), composer };
  }

  /** MiB that are resident now. */
  rss(): number {
    return this.#status("VmRSS");
  }

  /** MiB that were resident at most, since the start or the last `resetPeak`. */
  peak(): number {
    return this.#status("VmHWM");
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.#pid}/clear_refs`, "5");
  }

  /** Composer threads that are alive. */
  composers(): number {
    return this.#threads().filter(({ name }) => name === "composer").length;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    for (const { id, name, stat } of this.#threads()) if (name === "composer") this.#composer.set(id, cpuOf(stat));
  }

  #threads(): { readonly id: string; readonly name: string; readonly stat: string }[] {
    const folder = `/proc/${this.#pid}/task`;
    try {
      return readdirSync(folder).map((id) => {
        return { id, name: readFileSync(`${folder}/${id}/comm`, "utf8").trim(), stat: `${folder}/${id}/stat` };
      });
    } catch {
      // One ended while we looked; the next sample is 200 ms away.
      return [];
    }
  }

  #status(field: string): number {
    const text = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    return (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1]) * 1024) / mib;
  }
}

/** User and system time; the kernel counts in hundredths of a second. */
function cpuOf(file: string): number {
  const stat = readFileSync(file, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
