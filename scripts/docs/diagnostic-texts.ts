import type { Code } from "../../wiring/diagnostic.ts";

/** What a page says of one code. */
export interface DiagnosticText {
  readonly meaning: string;
  readonly cure: string;
  /** A folder of `test/fixtures/compositions` that shows it; none where no composition can. */
  readonly example?: string;
}

/** Every code, in the order of the page. The type makes a code without a text an error. */
export const diagnosticTexts: { readonly [code in Code]: DiagnosticText } = {
  "duplicate-instance": {
    meaning: "Two instances have one name.",
    cure: "Give one of them another name. One component may be used by any number of instances.",
    example: "two-instances-of-one-name",
  },
  "unknown-component": {
    meaning: "An instance names a component that is declared nowhere.",
    cure: "Correct the name, or declare the Component.",
    example: "misspelt-component",
  },
  "malformed-end": {
    meaning: "An end of a connection or an export cannot be read, or both ends are outside of the instances.",
    cure: "Write `INSTANCE/INTERFACE`. The instance ends at the first `/`.",
    example: "connection-between-two-outside-ends",
  },
  "unknown-instance": {
    meaning: "An end names an instance that is declared nowhere.",
    cure: "Correct the name, or declare the instance. To mean the composition itself, write its `metadata.name`.",
    example: "misspelt-instance",
  },
  "unknown-item": {
    meaning: "The instance has no import or export of this name.",
    cure: "Look at what the component has with `tenon inspect`, and correct the name or its version.",
    example: "misspelt-interface",
  },
  "ambiguous-item": {
    meaning: "The end fits several imports or exports of the instance: several versions, or several labels.",
    cure: "Write the full name, with the version, or the label.",
    example: "unversioned-end-means-several",
  },
  "wrong-direction": {
    meaning: "Two imports or two exports are connected with each other, or an import is exported.",
    cure: "Connect an import with an export.",
    example: "export-of-an-import",
  },
  "import-connected-twice": {
    meaning: "Two connections serve one import.",
    cure: "Remove one of them.",
    example: "connected-twice-to-different-instances",
  },
  "version-near-miss": {
    meaning:
      "Another version of the wanted interface is exported, one that is not compatible. For a `wasi:` interface it is a warning, as the host may serve the wanted version.",
    cure: "Use a provider of the wanted version. A connection that names both compares the types instead of the versions.",
    example: "near-miss",
  },
  "missing-item": {
    meaning: "The provider lacks a function or a type that the importer needs.",
    cure: "Use a newer provider, or build the importer against the older interface.",
    example: "missing-function",
  },
  "type-mismatch": {
    meaning: "A type differs. `at` is the path down to the parameter, the field or the case.",
    cure: "Build both components against one version of the interface.",
    example: "record-field-renamed",
  },
  "resource-mismatch": {
    meaning: "A resource would come from two makers: a handle of one would reach the other.",
    cure: "Serve all interfaces that use the resource from the instance that makes it.",
    example: "bucket-of-two-stores",
  },
  "ambiguous-import": {
    meaning: "Several instances export what is imported, and no connection chooses.",
    cure: "Add a connection.",
    example: "ambiguous",
  },
  cycle: {
    meaning: "Instances import from each other in a circle: none of them can start first.",
    cure: "Serve one import of the circle by another instance or by the host.",
    example: "cycle",
  },
  "host-conflict": {
    meaning: "Two instances import one interface from the host with types that do not go together.",
    cure: "Build both components against one version of the interface.",
    example: "host-imports-conflict",
  },
  "duplicate-export": {
    meaning: "Two exports of the composition have one name. Names that differ in case only count as one.",
    cure: "Give one of them another name.",
    example: "two-exports-of-one-name",
  },
  "malformed-name": {
    meaning: "The name of an export is none that the component model takes, or not one for what is exported.",
    cure: "Write an interface, `example:http/auth@1.0.0`, or a label in kebab-case.",
    example: "export-under-an-illegal-name",
  },
  "export-renamed": {
    meaning:
      "An interface is exported under the name of another one: most likely a slip. Who asks for the interface, such as the runner for `wasi:http/incoming-handler`, does not find it. A warning.",
    cure: "Write the name in the hint, or leave `name` out. A name that is a word, such as `login`, is never warned of.",
    example: "export-under-the-name-of-another-interface",
  },
  "unexported-resource": {
    meaning: "An exported function uses a resource whose maker is not exported.",
    cure: "Export the interface that makes the resource too.",
    example: "plain-resource-import-follows-the-interface-that-makes-it",
  },
  "unsupported-import": {
    meaning: "An import cannot be left to the host: it is a resource, a type or a component by itself.",
    cure: "Serve it by an instance, or put it into an interface.",
    example: "plain-resource-left-to-the-host",
  },
  "too-large": {
    meaning:
      "The composed component would be larger than the component model's limits, or a component is larger than is read.",
    cure: "Split the composition. Instances of one component count once.",
    example: "more-than-1000-modules",
  },
  "too-many-findings": {
    meaning: "There are more findings than are shown.",
    cure: "Mend what is shown, and check again.",
  },
  "async-lift": {
    meaning: "A component has async functions (WASI 0.3). They can be composed, but the runner does not run them yet.",
    cure: "Build the component for WASI 0.2. `tenon compose` works all the same.",
    example: "runner-async-exports",
  },
  "unhosted-import": {
    meaning: "No instance exports what is imported, and the runner does not host it, or not in this version.",
    cure: "Add an instance that exports it, or build the component against a version that is [hosted](hosts.md).",
    example: "runner-custom-import",
  },
  "missing-grant": {
    meaning: "An import has no honest form that reaches nothing, and the instance lacks the grant.",
    cure: "Add the [grant](grants.md), or serve the import by an instance.",
    example: "runner-keyvalue-without-a-grant",
  },
  "exports-nothing": {
    meaning: "The composition exports nothing, so that nothing can reach it. A warning.",
    cure: "Add an export. The hint has the first one that is possible.",
  },
  "split-memory": {
    meaning:
      "A backend lives in the memory of a process, and there is more than one: requests find different data by chance. A warning.",
    cure: "Use a backend that processes share, or run one process of one replica.",
  },
  "import-unserved": {
    meaning:
      "With a new version of a component, an import that an instance serves would be left to the host, without an error. Only the operator says so, where it [holds back an upgrade](composition.md).",
    cure: "Go back to the old version, let another instance serve the import, or leave it to the host on purpose. The hint has the line.",
  },
  "export-changed": {
    meaning:
      "With a new version of a component, an export of the composition would be gone or of another type than its callers rely on. Only the operator says so, where it [holds back an upgrade](composition.md).",
    cure: "Go back to the old version, or set `spec.upgradePolicy.onBreaking` to `Warn` once the callers are ready.",
  },
  "invalid-component": {
    meaning: "The bytes are no valid component: cut, damaged, or a core module.",
    cure: "Build it again. A core module becomes a component with `wasm-tools component new`.",
    example: "core-module-bytes",
  },
  "unsupported-component": {
    meaning:
      "The component is valid and uses what no runner has: 64-bit or shared memories for example, or [garbage-collected objects](adr/0002-no-garbage-collected-objects.md).",
    cure: "Build it without the feature.",
    example: "runner-64-bit-memory",
  },
  "composer-failed": {
    meaning: "The wiring was accepted, and composing failed: a bug of Tenon, or a limit of time or memory.",
    cure: "Read the hint. Where it is a bug, report it with the composition and the digests of its components.",
  },
};
