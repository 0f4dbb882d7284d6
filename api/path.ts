/** One step into plain data: a key of an object or an index of a list. */
export type Segment = string | number;

const bareKey = /^[A-Za-z_][\w-]*$/;

/** Appends one step: `spec.connections` and 2 give `spec.connections[2]`; an odd key is quoted: `config["a.b"]`. */
export function joinPath(path: string, segment: Segment): string {
  if (typeof segment === "number") return `${path}[${segment}]`;
  if (!bareKey.test(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === "" ? segment : `${path}.${segment}`;
}

/** Writes a path as users read it: `spec.connections[2].from`. */
export function formatPath(segments: readonly Segment[]): string {
  return segments.reduce(joinPath, "");
}

/** Reads what `formatPath` wrote. Text that is no path ends the result early: it never throws. */
export function parsePath(path: string): Segment[] {
  const segments: Segment[] = [];
  const step = /\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (step.lastIndex < path.length) {
    const found = step.exec(path);
    if (found === null) break;
    const [, key, index, quoted] = found;
    if (key !== undefined) segments.push(key);
    else if (index !== undefined) segments.push(Number(index));
    else segments.push(unquote(quoted!));
  }
  return segments;
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}
