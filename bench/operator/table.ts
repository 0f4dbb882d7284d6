/** One line of what must be shown: a figure, its floor where it has one, and whether it is kept. */
export interface Line {
  readonly what: string;
  readonly figure: string;
  readonly floor?: string;
  readonly kept?: boolean;
}

/** Collects lines, prints them as they come, and all of them at the end. */
export class Table {
  readonly #lines: Line[] = [];

  add(line: Line): void {
    this.#lines.push(line);
    console.log(format(line));
  }

  /** True where every floor is kept. */
  print(): boolean {
    console.log(`\n${this.#lines.map(format).join("\n")}`);
    return this.#lines.every(({ kept }) => kept !== false);
  }
}

function format({ what, figure, floor, kept }: Line): string {
  const verdict = kept === undefined ? "" : kept ? "PASS" : "MISS";
  return `${what.padEnd(58)} ${figure.padEnd(64)} ${(floor ?? "").padEnd(26)} ${verdict}`.trimEnd();
}
