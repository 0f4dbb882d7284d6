import type { Rule } from "./schema.ts";

type Instance = { readonly grants?: { readonly keyvalue?: readonly { readonly backend: string }[] } };
type Backend = { readonly name: string; readonly keyvalue?: unknown; readonly messaging?: unknown };
type Trigger = { readonly messaging: { readonly backend: string } };

/** The rules of `spec` that look at several of its fields. */
export const compositionRules = [
  {
    rule: "self.instances.all(i, !has(i.grants) || !has(i.grants.keyvalue) || i.grants.keyvalue.all(k, has(self.backends) && self.backends.exists(b, b.name == k.backend && has(b.keyvalue))))",
    message: "A keyvalue grant must name a keyvalue backend of spec.backends",
    fieldPath: ".instances",
    holds: (self: { readonly instances: readonly Instance[]; readonly backends?: readonly Backend[] }) => {
      const known = new Set(self.backends?.filter(({ keyvalue }) => keyvalue !== undefined).map(({ name }) => name));
      return self.instances.every(({ grants }) => (grants?.keyvalue ?? []).every(({ backend }) => known.has(backend)));
    },
  },
  {
    rule: "!has(self.triggers) || self.triggers.all(t, has(self.backends) && self.backends.exists(b, b.name == t.messaging.backend && has(b.messaging)))",
    message: "A trigger must name a messaging backend of spec.backends",
    fieldPath: ".triggers",
    holds: (self: { readonly triggers?: readonly Trigger[]; readonly backends?: readonly Backend[] }) => {
      const known = new Set(self.backends?.filter(({ messaging }) => messaging !== undefined).map(({ name }) => name));
      return (self.triggers ?? []).every(({ messaging }) => known.has(messaging.backend));
    },
  },
  {
    rule: "!has(self.schedule) || !has(self.triggers) || self.triggers.size() == 0",
    message: "A scheduled composition ends after each run and has no triggers: remove schedule or triggers",
    fieldPath: ".schedule",
    holds: (self: { readonly schedule?: string; readonly triggers?: readonly Trigger[] }) =>
      self.schedule === undefined || (self.triggers ?? []).length === 0,
  },
  {
    rule: "!has(self.schedule) || !has(self.service)",
    message: "A scheduled composition ends after each run and has no Service: remove schedule or service",
    fieldPath: ".schedule",
    holds: (self: { readonly schedule?: string; readonly service?: unknown }) =>
      self.schedule === undefined || self.service === undefined,
  },
  {
    rule: "!has(self.minReadySeconds) || (has(self.progressDeadlineSeconds) ? self.progressDeadlineSeconds : 600) > self.minReadySeconds",
    message: "progressDeadlineSeconds (600 where it is not given) must be more than minReadySeconds",
    fieldPath: ".minReadySeconds",
    holds: (self: { readonly minReadySeconds?: number; readonly progressDeadlineSeconds?: number }) =>
      self.minReadySeconds === undefined || (self.progressDeadlineSeconds ?? 600) > self.minReadySeconds,
  },
] as const satisfies readonly Rule[];
