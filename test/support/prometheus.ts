/** One series of a scrape. */
export interface Series {
  readonly name: string;
  /** As they are written: `namespace="shop",component="cart"`. */
  readonly labels: string;
  readonly value: number;
}

const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const line = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${label}(?:,${label})*)?\\})? (\\S+)$`);
const number = /^(NaN|Nan|[+-]?Inf|-?[0-9.]+(e[+-]?[0-9]+)?)$/;

/**
 * Reads what a server says to Prometheus, and what is against its text format: a metric that is announced twice, a series
 * before its metric, a series that is there twice, a line that is none.
 */
export function readMetrics(text: string): {
  readonly series: readonly Series[];
  readonly problems: readonly string[];
} {
  const announced = new Set<string>();
  const seen = new Set<string>();
  const series: Series[] = [];
  const problems: string[] = [];
  for (const one of text.split("\n")) {
    if (one === "" || one.startsWith("# HELP ")) continue;
    const [, metric] = /^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/.exec(one) ?? [];
    if (metric !== undefined) {
      if (announced.has(metric)) problems.push(`announced twice: ${metric}`);
      announced.add(metric);
      continue;
    }
    const [, name = "", labels = "", value = ""] = line.exec(one) ?? [];
    if (name === "" || !number.test(value)) problems.push(`no series: ${one.slice(0, 200)}`);
    else if (!announced.has(name) && !announced.has(name.replace(/_(bucket|sum|count)$/, "")))
      problems.push(`not announced: ${name}`);
    if (seen.has(`${name}{${labels}}`)) problems.push(`there twice: ${name}{${labels}}`);
    seen.add(`${name}{${labels}}`);
    series.push({ name, labels, value: Number(value.replace("Inf", "Infinity")) });
  }
  return { series, problems };
}
