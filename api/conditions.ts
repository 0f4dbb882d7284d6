/**
 * Conditions and their reasons. A reason is also the reason of the event that tells of the transition. Polarity: True is
 * good, but for `Reconciling` and `Stalled`, which exist only while they are True.
 */

/** Conditions that every resource of ours may have. */
export const commonConditions = {
  /** What was asked for is so. Always present, computed last from all others. */
  Ready: "Ready",
  /** Work is going on that needs nobody. */
  Reconciling: "Reconciling",
  /** Nothing goes on until a user changes the spec or an input. */
  Stalled: "Stalled",
} as const;

/** Conditions of a Component. */
export const componentConditions = {
  ...commonConditions,
  /** The bytes were read from the source, and their digest is the one that was asked for. */
  Fetched: "Fetched",
  /** The signature was checked; present only where `spec.verify` asks for it. */
  Verified: "Verified",
  /** The binary is a component, and its imports and exports are known. */
  Inspected: "Inspected",
} as const;

/** Conditions of a Composition. */
export const compositionConditions = {
  ...commonConditions,
  /** Every instance's component is known and inspected. */
  ComponentsResolved: "ComponentsResolved",
  /** Every import has a server whose types fit, or is left to a host that serves it. */
  WiringValid: "WiringValid",
  /** The artifact of this spec exists. */
  Composed: "Composed",
  /** Enough replicas serve. */
  Available: "Available",
  /** A rollout moves or is complete; False when it missed its deadline. */
  Progressing: "Progressing",
  /** No instance traps. Unknown when the runners could not be asked. */
  InstancesHealthy: "InstancesHealthy",
} as const;

/** Why a condition is what it is. */
export const reasons = {
  /** All is as the spec says. */
  Succeeded: "Succeeded",
  /** Work started and is not done. */
  InProgress: "InProgress",
  /** `spec.suspend` is true: nothing is changed, what runs goes on. */
  Suspended: "Suspended",
  /** The spec breaks a rule that only the operator can check. */
  InvalidSpec: "InvalidSpec",
  /** `source.file` was used in a cluster, where no file of yours can be read. */
  FileSourceRefused: "FileSourceRefused",
  /** The source answered that it has no such image, version or file. */
  SourceNotFound: "SourceNotFound",
  /** The source did not answer, or with an error that may pass. */
  SourceUnavailable: "SourceUnavailable",
  /** The source asks for credentials, or refused those it got; or its address is a private one that the operator does not allow. */
  SourceDenied: "SourceDenied",
  /** What runs can no longer be fetched; it keeps running. */
  SourceLost: "SourceLost",
  /** The bytes are not those that the digest names. */
  DigestMismatch: "DigestMismatch",
  /** No signature, or not the asked identity's. */
  VerificationFailed: "VerificationFailed",
  /** The bytes are not a component that can be read. */
  InvalidComponent: "InvalidComponent",
  /** It is larger than the operator takes. */
  TooLarge: "TooLarge",
  /** The operator could not keep a component or an artifact: its store is full, or its disk cannot be written. */
  StoreUnavailable: "StoreUnavailable",
  /** A named Component does not exist. */
  ComponentNotFound: "ComponentNotFound",
  /** A named Component is not ready. */
  ComponentNotReady: "ComponentNotReady",
  /** Connections, types or versions do not fit; the message holds the first finding and their number. */
  WiringInvalid: "WiringInvalid",
  /** An import needs a grant that the instance does not have. */
  GrantMissing: "GrantMissing",
  /** An import is served by no instance and by no runner of this version. */
  ImportNotServed: "ImportNotServed",
  /** The wiring was accepted and composing failed: a bug of Tenon's. */
  ComposeFailed: "ComposeFailed",
  /** A new version of a component would break the composition; the old one keeps running. */
  UpgradeBlocked: "UpgradeBlocked",
  /** A new version of a component breaks something and is rolled out, as `upgradePolicy` allows it. Only an event. */
  BreakingUpgrade: "BreakingUpgrade",
  /** A rollout moves. */
  RollingOut: "RollingOut",
  /** The rollout missed `progressDeadlineSeconds`. */
  ProgressDeadlineExceeded: "ProgressDeadlineExceeded",
  /** The last good revision was put back. */
  RolledBack: "RolledBack",
  /** Too few replicas serve. */
  TooFewReplicas: "TooFewReplicas",
  /** The API server refuses a pod: a quota, an admission policy. One that cannot be scheduled, pulled or started is not reported yet. */
  PodsFailing: "PodsFailing",
  /** An instance trapped lately; the message names it. */
  InstanceTrapped: "InstanceTrapped",
  /** The runners could not be asked. */
  Unobserved: "Unobserved",
  /** A run of `wasi:cli/run` ended with an error, and is not tried again. */
  RunFailed: "RunFailed",
  /** A ConfigMap, a Secret or a key that the spec names does not exist. */
  InputNotFound: "InputNotFound",
  /** A role, a quota or an admission policy does not let the operator write an object. */
  Forbidden: "Forbidden",
  /** An object of the wanted name belongs to somebody else. */
  NotOwned: "NotOwned",
} as const;

/** One of the reasons. */
export type Reason = keyof typeof reasons;
