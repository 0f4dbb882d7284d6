/** Every node after what it depends on, or one cycle: `["a", "b", "a"]`. */
export type Sorted = { readonly order: readonly string[] } | { readonly cycle: readonly string[] };

/** Orders nodes so that each comes after what it depends on, or names one cycle. Does not recurse. */
export function sortTopologically(nodes: Iterable<string>, dependencies: (node: string) => Iterable<string>): Sorted {
  const order: string[] = [];
  const done = new Set<string>();
  const open = new Map<string, Iterator<string>>();
  for (const root of nodes) {
    if (done.has(root)) continue;
    open.set(root, dependencies(root)[Symbol.iterator]());
    // An explicit stack: a chain of a thousand instances must not become a thousand frames.
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      const next = open.get(node)!.next();
      if (next.done) {
        stack.pop();
        open.delete(node);
        done.add(node);
        order.push(node);
      } else if (open.has(next.value)) {
        return { cycle: [...stack.slice(stack.indexOf(next.value)), next.value] };
      } else if (!done.has(next.value)) {
        open.set(next.value, dependencies(next.value)[Symbol.iterator]());
        stack.push(next.value);
      }
    }
  }
  return { order };
}
