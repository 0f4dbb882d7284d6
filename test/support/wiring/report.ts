/** What a run of generated compositions found. */
export interface Report {
  readonly valid: number;
  readonly refused: number;
  /** Could not be built, or leaves nothing to compare. */
  readonly skipped: number;
  /** Each with everything that is needed to look into it; the first few are kept. */
  readonly disagreements: readonly string[];
  readonly disagreed: number;
}

/** Counts verdicts. */
export class Tally {
  #valid = 0;
  #refused = 0;
  #skipped = 0;
  #disagreed = 0;
  readonly #samples: string[] = [];

  get tried(): number {
    return this.#valid + this.#refused;
  }

  get skipped(): number {
    return this.#skipped;
  }

  skip(): void {
    this.#skipped++;
  }

  /** Ours against theirs; `describe` is called where they differ. */
  add(ours: boolean, theirs: boolean, describe: () => string): void {
    if (ours) this.#valid++;
    else this.#refused++;
    if (ours !== theirs) this.disagree(describe());
  }

  disagree(sample: string): void {
    this.#disagreed++;
    if (this.#samples.length < 5) this.#samples.push(sample);
  }

  report(): Report {
    const [valid, refused, skipped] = [this.#valid, this.#refused, this.#skipped];
    return { valid, refused, skipped, disagreements: this.#samples, disagreed: this.#disagreed };
  }
}

/** The counts in one line. */
export function summarize(name: string, { valid, refused, skipped, disagreed }: Report): string {
  return `${name}: ${valid} valid, ${refused} refused, ${skipped} skipped, ${disagreed} disagreements`;
}
