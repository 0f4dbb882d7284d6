import type { Schema } from "../../api/schema.ts";

/** One field of a resource as a reference page shows it. */
export interface Field {
  /** From the resource's root: `spec.instances[].name`. */
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** Every field below a schema, in the order of the schema; the items of a list are under `path[]`. */
export function fieldsOf(path: string, schema: Schema, required = false): readonly Field[] {
  return [{ path, schema, required }, ...below(path, schema)];
}

function below(path: string, schema: Schema): readonly Field[] {
  if (schema.items !== undefined) return below(`${path}[]`, schema.items);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    fieldsOf(`${path}.${name}`, field, schema.required?.includes(name) === true),
  );
}

/** The fields as a table of Markdown: path, type, default, what it is. */
export function renderFields(fields: readonly Field[]): string {
  const rows = fields.map(({ path, schema, required }) => {
    const value = required ? "required" : defaultOf(schema);
    return `| \`${path}\` | ${typeOf(schema)} | ${value} | ${cell(describe(schema))} |`;
  });
  return ["| field | type | default | what it is |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function typeOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "number or text";
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return "map, as in Kubernetes";
  switch (schema.type) {
    case "array":
      return schema.items?.type === "object" ? "list of maps" : "list of text";
    case "object":
      return schema.additionalProperties === undefined ? "map" : "map of text";
    case "string":
      return schema.format === "date-time"
        ? "time"
        : (schema.enum?.map((one) => `\`${one || '""'}\``).join(", ") ?? "text");
    default:
      return schema.type ?? "";
  }
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined || (typeof value === "object" && value !== null)) return "";
  return `\`${String(value)}\``;
}

/** The description, then the bounds that a user may meet, then the rules over several fields. */
function describe(schema: Schema): string {
  const { description = "", minimum, maximum, maxItems, items } = schema;
  const bounds = [
    minimum !== undefined && maximum !== undefined ? `From ${minimum} to ${maximum}.` : undefined,
    maxItems === undefined ? undefined : `At most ${maxItems}.`,
  ];
  const rules = [...(schema["x-kubernetes-validations"] ?? []), ...(items?.["x-kubernetes-validations"] ?? [])];
  const told = /exactly one (of|field)/i.test(`${description} ${items?.description ?? ""}`);
  const messages = rules.flatMap(({ message }) =>
    told && message.startsWith("Set exactly one") ? [] : [`${message}.`],
  );
  return [description, ...bounds, ...messages].filter((part) => part !== undefined && part !== "").join(" ");
}

/** Text that a table of Markdown can hold. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("*", "\\*").replaceAll("<", "&lt;");
}
