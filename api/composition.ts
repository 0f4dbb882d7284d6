import { backends } from "./backends.ts";
import { connections, exports, instances, runner, service, strategy, triggers } from "./composition-parts.ts";
import { compositionRules } from "./composition-rules.ts";
import type { Manifest } from "./manifest.ts";
import type { Infer, Schema } from "./schema.ts";
import { conditions, observedGeneration } from "./status.ts";
import { template } from "./template.ts";

const seconds = (description: string, minimum: number) =>
  ({ type: "integer", format: "int32", description, minimum }) as const satisfies Schema;

/** `spec` of a Composition. */
export const compositionSpec = {
  type: "object",
  description: "The instances, how they are connected, what they may reach, and how they are run.",
  required: ["instances"],
  properties: {
    instances,
    connections,
    wiring: {
      type: "string",
      description:
        "Auto: an import that no connection names is connected where exactly one instance exports it; two are an error. Explicit: only connections connect.",
      enum: ["Auto", "Explicit"],
      default: "Auto",
    },
    exports,
    backends,
    runner,
    replicas: {
      type: "integer",
      format: "int32",
      description: "Pods. It has no default here, as an autoscaler may own it; 1 where nobody says.",
      minimum: 0,
    },
    strategy,
    minReadySeconds: seconds("Seconds that a new pod must be ready before it counts, as in a Deployment.", 0),
    progressDeadlineSeconds: seconds(
      "Seconds after which a rollout that does not get on is rolled back. 600 where it is not given.",
      1,
    ),
    revisionHistoryLimit: seconds("How many old revisions are kept. 10 where it is not given.", 0),
    service,
    triggers,
    schedule: {
      type: "string",
      description:
        "A cron line, */5 * * * *, for a composition that exports wasi:cli/run. Without it such a composition runs once a revision.",
      minLength: 1,
      maxLength: 253,
      pattern: "^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|\\S+( +\\S+){4})$",
    },
    template,
    upgradePolicy: {
      type: "object",
      description: "What happens when a component's new version does not fit any more.",
      default: {},
      properties: {
        onBreaking: {
          type: "string",
          description: "Block: the old version keeps running. Warn: roll it out and say so. Allow: roll it out.",
          enum: ["Block", "Warn", "Allow"],
          default: "Block",
        },
      },
    },
    suspend: {
      type: "boolean",
      description: "Change nothing while it is true. What runs keeps running.",
      default: false,
    },
  },
  "x-kubernetes-validations": compositionRules,
} as const satisfies Schema;

const name = { type: "string", maxLength: 600 } as const satisfies Schema;

const instanceStatus = {
  type: "object",
  required: ["name", "component", "state"],
  properties: {
    name: { ...name, description: "Name of the instance." },
    component: { ...name, description: "Name of its component." },
    digest: { ...name, description: "sha256 of the component that runs." },
    state: {
      type: "string",
      description: "Failing: it traps on most calls. Degraded: on some. Unknown: it could not be asked.",
      enum: ["Healthy", "Degraded", "Failing", "Unknown"],
    },
    lastTrap: {
      type: "object",
      description: "The last time that it trapped.",
      required: ["time", "message"],
      properties: {
        time: { type: "string", format: "date-time", description: "When." },
        function: { ...name, description: "The function that was running." },
        message: { type: "string", description: "What happened.", maxLength: 4096 },
      },
    },
  },
} as const satisfies Schema;

const count = (description: string) =>
  ({ type: "integer", format: "int32", description, minimum: 0 }) as const satisfies Schema;

/** `status` of a Composition. */
export const compositionStatus = {
  type: "object",
  description: "What was decided, and what runs.",
  properties: {
    observedGeneration,
    conditions,
    replicas: count("Pods."),
    readyReplicas: count("Pods that serve."),
    updatedReplicas: count("Pods of the newest revision."),
    selector: { type: "string", description: "Label selector of the pods, for autoscalers.", maxLength: 1024 },
    url: { type: "string", description: "Where it is served inside the cluster.", maxLength: 2048 },
    artifact: {
      type: "object",
      description: "What the runners load.",
      required: ["digest", "size"],
      properties: {
        digest: { ...name, description: "sha256 of the artifact's index." },
        size: { type: "integer", format: "int64", description: "Bytes of all that it names.", minimum: 0 },
      },
    },
    currentRevision: { ...name, description: "The revision that is complete." },
    updateRevision: { ...name, description: "The revision that is being rolled out." },
    instanceSummary: {
      type: "string",
      description: "Healthy instances of all, 3/3; ?/3 where none of them could be asked.",
      maxLength: 16,
    },
    instances: {
      type: "array",
      description: "Every instance.",
      maxItems: 1000,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: instanceStatus,
    },
    edges: {
      type: "array",
      description: "Every connection, those that were made implicitly too.",
      maxItems: 10000,
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        required: ["from", "to", "interface", "how"],
        properties: {
          from: { ...name, description: "The instance that imports." },
          to: { ...name, description: "The instance that exports." },
          interface: { ...name, description: "Name of the import." },
          how: {
            type: "string",
            description: "Explicit: a connection names it. Implicit: wiring Auto made it.",
            enum: ["Explicit", "Implicit"],
          },
        },
      },
    },
    hostImports: {
      type: "array",
      description: "Every import that the runner serves.",
      maxItems: 10000,
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        required: ["instance", "interface", "granted"],
        properties: {
          instance: { ...name, description: "The instance that imports." },
          interface: { ...name, description: "What it imports." },
          granted: { type: "boolean", description: "False: the empty form is served, which reaches nothing." },
        },
      },
    },
  },
} as const satisfies Schema;

/** What a user asks for. */
export type CompositionSpec = Infer<typeof compositionSpec>;
/** What was decided, and what runs. */
export type CompositionStatus = Infer<typeof compositionStatus>;
/** A Composition as read from a manifest or from the API server. */
export type Composition = Manifest<"Composition", CompositionSpec, CompositionStatus>;
