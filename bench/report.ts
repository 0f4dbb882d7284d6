/** One row of the speed table: our figure, the peers' figures of the same run, and the ratios. */
export interface Row {
  readonly row: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  /** The median of ours / peer over the rounds, where there were several; else the figures' own ratio is meant. */
  readonly ratios?: Readonly<Record<string, number>>;
  /** The design's floor for the ratio, as text. */
  readonly floor?: string;
  /** True for times, false for rates. The ratio is always ours / peer. */
  readonly lower?: boolean;
}

/** Prints a row for people, and as a line of JSON where `BENCH_JSON` is set. */
export function printRow({ row, unit, ours, peers, ratios, floor, lower = false }: Row): void {
  if (process.env["BENCH_JSON"]) {
    console.log(JSON.stringify({ row, unit, ours, peers, ratios, floor, lower }));
    return;
  }
  console.log(`${row.padEnd(28)} ours ${format(ours)} ${unit}${floor === undefined ? "" : `   (floor ${floor})`}`);
  for (const [peer, figure] of Object.entries(peers)) {
    const ratio = ratios?.[peer] ?? ours / figure;
    console.log(`  ${peer.padEnd(38)} ${format(figure).padStart(10)} ${unit.padEnd(8)} ratio ${ratio.toFixed(2)}`);
  }
}

/** The middle one; of an even number the mean of the middle two. NaN for none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function format(figure: number): string {
  return figure >= 1000 ? Math.round(figure).toLocaleString("en-GB") : figure.toPrecision(3);
}
