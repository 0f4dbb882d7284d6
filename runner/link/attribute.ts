import type { FoundEdge } from "./edges.ts";
import { type ModuleNames, readNames } from "./names.ts";
import type { Plan } from "./plan.ts";

/** Where a trap happened; what could not be told is absent. */
export interface Place {
  readonly path?: readonly string[];
  readonly function?: string;
}

/** Tells from a stack trace which component instance and which function a trap belongs to. */
export interface Attribution {
  /** `caller` is the component instance of the host function that failed, where one did. */
  place(stack: string, entry: number | undefined, caller: number | undefined): Place;
}

interface Frame {
  /** The script: the module's name and a hash of its bytes. */
  readonly url: string;
  readonly index: number;
  readonly name: string | undefined;
}

/** Modules of our own; their frames tell nothing. */
const ours = /^tenon-/;
const framePattern = /^\s*at (?:(.*) \()?wasm:\/\/wasm\/(.*[0-9a-f]{8}):wasm-function\[(\d+)\]:0x[0-9a-f]+\)?$/;

/** The wasm frames of a stack trace of V8, innermost first, without those of our own modules. */
export function parseFrames(stack: string): Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split("\n")) {
    const match = framePattern.exec(line);
    if (match === null || ours.test(match[2]!)) continue;
    frames.push({ url: match[2]!, index: Number(match[3]), name: match[1] });
  }
  return frames;
}

/** Names are read when the first trap comes. */
export function makeAttribution(
  plan: Plan,
  modules: readonly WebAssembly.Module[],
  edges: readonly FoundEdge[],
): Attribution {
  const names = new Map<number, ModuleNames>();
  const namesOf = (module: number): ModuleNames => {
    const known = names.get(module) ?? readNames(modules[module]!);
    names.set(module, known);
    return known;
  };
  const guests = [...plan.modules.keys()].filter((module) => !plan.modules[module]!.adapter);
  const owners = ownersOf(plan);

  /** The component instances whose code the frames of one script can be. */
  const candidates = (frames: readonly Frame[], url: string): readonly number[] => {
    const all = frames.filter((frame) => frame.url === url);
    const fitting = guests.filter((module) => all.every((frame) => fits(namesOf(module), frame)));
    return [...new Set(fitting.flatMap((module) => owners.get(module) ?? []))];
  };

  return {
    place(stack, entry, caller) {
      const frames = parseFrames(stack);
      const known = frames.filter(({ url }) => candidates(frames, url).length > 0);
      // wit-component's tables of functions stand between a guest and its imports, without names
      const guest = known.find((frame) => nameOf(frame) !== undefined) ?? known[0];
      const name = guest && (nameOf(guest) ?? `function[${guest.index}]`);
      const instance = caller ?? (guest === undefined ? entry : decide(guest.url));
      return {
        ...(instance === undefined ? {} : { path: plan.componentInstances[instance]!.path }),
        ...(name === undefined ? {} : { function: name }),
      };

      function decide(url: string): number | undefined {
        const possible = candidates(frames, url);
        if (possible.length === 1) return possible[0];
        // several instances run this module: the next one outwards says whom it can have called
        const other = frames.find((frame) => frame.url !== url && candidates(frames, frame.url).length === 1);
        if (other === undefined) return possible.find((one) => one === entry);
        const [from] = candidates(frames, other.url);
        const called = possible.filter((to) => edges.some(({ edge }) => joins(plan, edge, from!, to)));
        return called.length === 1 ? called[0] : undefined;
      }
    },
  };
}

function ownersOf(plan: Plan): ReadonlyMap<number, readonly number[]> {
  const owners = new Map<number, number[]>();
  for (const step of plan.steps) {
    if (step.op !== "instantiate" || step.componentInstance === null) continue;
    owners.set(step.module, [...(owners.get(step.module) ?? []), step.componentInstance]);
  }
  return owners;
}

function fits(names: ModuleNames, frame: Frame): boolean {
  const named = names.module === undefined || frame.url.startsWith(`${names.module}-`);
  return named && names.functions.get(frame.index) === nameOf(frame);
}

/** The function's own name: V8 puts the module's before it, and shows that alone for a function without one. */
function nameOf({ url, name }: Frame): string | undefined {
  const module = url.slice(0, -9);
  if (module === "" || name === undefined) return name;
  return name === module ? undefined : name.slice(module.length + 1);
}

function joins(plan: Plan, edge: FoundEdge["edge"], from: number, to: number): boolean {
  const same = (path: readonly string[], instance: number) =>
    path.join("/") === plan.componentInstances[instance]!.path.join("/");
  return same(edge.from, from) && same(edge.to, to);
}
