/**
 * One rule that looks at more than one field: its CEL text is for the API server, its predicate for everybody else.
 * Both say the same, side by side, so that a manifest is judged alike on a laptop and in a cluster.
 */
export interface Rule {
  /** A CEL expression over `self`. */
  readonly rule: string;
  readonly message: string;
  /** The field that the finding belongs to, relative to `self`: `.source`. */
  readonly fieldPath?: string;
  /** The same in TypeScript. It is asked only where `self` fits its schema; a method, so that it may name what it reads. */
  holds(self: unknown): boolean;
}

/** The subset of a structural schema that a CustomResourceDefinition of ours uses. Objects are closed. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  /** An open map; without it and without `x-kubernetes-preserve-unknown-fields` an unknown key is an error. */
  readonly additionalProperties?: Schema;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: "int32" | "int64" | "date-time";
  readonly "x-kubernetes-int-or-string"?: true;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly Rule[];
}

type Properties = { readonly [name: string]: Schema };
type Required<S extends Schema, P> = S extends { required: readonly (infer R)[] } ? R & keyof P : never;
type Defaulted<P> = { [K in keyof P]: P[K] extends { default: unknown } ? K : never }[keyof P];
type Present<S extends Schema, P> = Required<S, P> | Defaulted<P>;
type Members<S extends Schema, P extends Properties> = {
  readonly [K in Present<S, P>]: Infer<P[K]>;
} & { readonly [K in Exclude<keyof P, Present<S, P>>]?: Infer<P[K]> };
type Flat<T> = { [K in keyof T]: T[K] };

/** The TypeScript type that a schema describes, once defaults are filled in. */
export type Infer<S extends Schema> = S extends { enum: readonly (infer E)[] }
  ? E
  : S extends { "x-kubernetes-int-or-string": true }
    ? number | string
    : S extends { type: "string" }
      ? string
      : S extends { type: "integer" | "number" }
        ? number
        : S extends { type: "boolean" }
          ? boolean
          : S extends { items: infer I extends Schema }
            ? readonly Infer<I>[]
            : S extends { properties: infer P extends Properties }
              ? Flat<Members<S, P>>
              : S extends { additionalProperties: infer V extends Schema }
                ? { readonly [key: string]: Infer<V> }
                : unknown;
