/** What a WIT function name says: `[method]input-stream.read` is a method `read` of `input-stream`. */
export interface FunctionName {
  readonly kind: "plain" | "constructor" | "method" | "static";
  readonly resource: string | undefined;
  readonly member: string;
}

/** Takes the annotations of the component model's plain names apart; `[async]` ones count like the others. */
export function parseFunctionName(name: string): FunctionName {
  const match = /^\[(?:async )?(constructor|method|static)\]([^.]+)(?:\.(.+))?$/.exec(name);
  if (match === null) return { kind: "plain", resource: undefined, member: name };
  return { kind: match[1] as FunctionName["kind"], resource: match[2], member: match[3] ?? match[2]! };
}
