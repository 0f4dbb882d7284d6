import type { Draft } from "./draft.ts";
import { explainUnreadable } from "./failure.ts";
import { didYouMean } from "./hint.ts";
import type { TypeTable } from "./table.ts";

/** The validator's limit of modules and components in one binary, nested ones and the composition itself included. */
const maxNested = 1000;

/** Reads the declared instances into the draft. */
export function readInstances(draft: Draft): void {
  for (const [index, { name, component }] of draft.spec.instances.entries()) {
    const field = `spec.instances[${index}]`;
    if (draft.declared.has(name)) {
      const first = draft.spec.instances.findIndex((instance) => instance.name === name);
      const message = `Cannot declare instance "${name}" twice, it is already declared by: spec.instances[${first}]`;
      draft.error("duplicate-instance", `${field}.name`, {
        instance: name,
        message,
        hint: "Give one of them another name",
      });
      continue;
    }
    const table = draft.components.get(component);
    draft.declare(name, component, table);
    if (table !== undefined) continue;
    if (draft.unreadable.has(component)) {
      draft.report(explainUnreadable({ name, field }, draft.unreadable.get(component)!));
    } else {
      const message = `Cannot find the component of instance "${name}": ${component}`;
      const known = [...draft.components.keys(), ...draft.unreadable.keys()];
      const hint = didYouMean(component, known, draft.effort);
      draft.error("unknown-component", `${field}.component`, { instance: name, message, hint });
    }
  }
  checkSize(draft);
}

/** A component that several instances share is encoded once, so that it counts once. */
function checkSize(draft: Draft): void {
  const distinct = new Set<TypeTable>(draft.tables.values());
  let count = 1;
  for (const { size } of distinct) count += 1 + size.coreModules + size.components;
  if (count <= maxNested) return;
  draft.error("too-large", "spec.instances", {
    message: `Cannot compose more than ${maxNested} modules and components into one binary, nested ones included: ${count}`,
    hint: `Split the composition: its ${distinct.size} different components bring them; instances of one component count once`,
  });
}
