/** One number of an object: the metric's name, its labels as `makeLabels` writes them, its value. */
export type Sample = readonly [name: string, labels: string, value: number];

/** Longer values are cut: no label is longer than what a status may hold of a name. */
const maxLabel = 600;

/**
 * Gauges of the objects of one kind, as kube-state-metrics has them: made from what the cache holds at the scrape, so that a
 * series goes with its object. The text of an object is made once: objects of a cache are replaced and never changed.
 */
export class ObjectSeries<T extends object> {
  readonly #help: Readonly<Record<string, string>>;
  readonly #samplesOf: (object: T) => readonly Sample[];
  /** By object: the lines of each metric. */
  readonly #lines = new WeakMap<T, ReadonlyMap<string, string>>();

  /** `help` has the metrics in their order. */
  constructor(help: Readonly<Record<string, string>>, samplesOf: (object: T) => readonly Sample[]) {
    this.#help = help;
    this.#samplesOf = samplesOf;
  }

  /** In Prometheus' text format; each metric once, with all its series. */
  render(objects: readonly T[]): string {
    const all = objects.map((object) => this.#linesOf(object));
    return Object.entries(this.#help)
      .map(([name, help]) => {
        const lines = all.map((one) => one.get(name) ?? "").join("");
        return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines}`;
      })
      .join("\n");
  }

  #linesOf(object: T): ReadonlyMap<string, string> {
    const known = this.#lines.get(object);
    if (known !== undefined) return known;
    const lines = new Map<string, string>();
    for (const [name, labels, value] of this.#samplesOf(object)) {
      lines.set(name, `${lines.get(name) ?? ""}${name}{${labels}} ${value}\n`);
    }
    this.#lines.set(object, lines);
    return lines;
  }
}

/** `namespace="shop",composition="cart"`: values are escaped, and cut where they are too long. */
export function makeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value.slice(0, maxLabel))}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return /["\\\n]/.test(value) ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : value;
}
