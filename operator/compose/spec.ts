import type { Composition } from "../../api/composition.ts";
import type { WiringSpec } from "../../wiring/spec.ts";

/** What an instance says of its component: a Component's name, or a source in place. */
export type ComponentUse = Composition["spec"]["instances"][number]["component"];

/** The name by which the wiring knows a component: that of the Component, or the source that is written in place. */
export function componentName({ name, source }: ComponentUse): string {
  if (name !== undefined) return name;
  // A colon: no Component can have this name.
  return source?.file === undefined ? `source:${JSON.stringify(source)}` : `file:${source.file.path}`;
}

/** The part of a composition that the wiring reads. */
export function wiringSpec({ metadata, spec }: Composition): WiringSpec {
  const { instances, connections, wiring, exports } = spec;
  return {
    name: metadata.name,
    instances: instances.map(({ name, component }) => ({ name, component: componentName(component) })),
    wiring,
    ...(connections === undefined ? {} : { connections }),
    ...(exports === undefined ? {} : { exports }),
  };
}
