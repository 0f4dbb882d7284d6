import type { Json } from "../../test/support/api-server/http.ts";

/**
 * The object as one field manager applied it: what `metadata.managedFields` says that it owns, out of what the API server
 * made of it. So a plain client can send the very same.
 */
export function appliedBy(object: Json, manager: string): Json {
  const entry = object.metadata.managedFields.find(
    (one: Json) => one.manager === manager && one.operation === "Apply" && one.subresource === undefined,
  );
  const { apiVersion, kind } = object;
  const { name } = object.metadata;
  const fields = extract(object, entry.fieldsV1);
  return { ...fields, apiVersion, kind, metadata: { ...fields.metadata, name } };
}

/** `f:NAME` is a field, `k:{…}` an element of a list by its keys, `v:…` one by its value, `.` the thing itself. */
function extract(value: Json, fields: Json): Json {
  const names = Object.keys(fields).filter((name) => name !== ".");
  if (names.length === 0 || value === undefined || value === null) return value;
  if (!Array.isArray(value)) {
    return Object.fromEntries(names.map((name) => [name.slice(2), extract(value[name.slice(2)], fields[name])]));
  }
  return names.flatMap((name) => {
    const wanted = JSON.parse(name.slice(2));
    if (name.startsWith("v:")) return [wanted];
    const found = value.find((item) => Object.entries(wanted).every(([key, one]) => item[key] === one));
    return found === undefined ? [] : [extract(found, fields[name])];
  });
}
