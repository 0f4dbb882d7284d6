/** Collects indented lines up to a length. */
export class Lines {
  readonly limit: number;
  readonly #lines: string[] = [];
  #length = 0;

  /** Characters, line ends included. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** True once a line did not fit: what is added now is dropped. */
  get full(): boolean {
    return this.#length > this.limit;
  }

  add(depth: number, text: string): void {
    if (this.full) return;
    const line = text === "" ? "" : "  ".repeat(depth) + text;
    this.#length += line.length + 1;
    if (!this.full) this.#lines.push(line);
  }

  /** The text; a comment at its end says that it was cut. */
  finish(): string {
    const cut = this.full ? [`// Cut here: the text is longer than ${this.limit} characters`] : [];
    return `${[...this.#lines, ...cut].join("\n")}\n`;
  }
}
