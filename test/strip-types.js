import { createHash } from "node:crypto";
import { stripTypeScriptTypes } from "node:module";

/** A jest transformer over Node's own type stripping: positions are kept, so that stack traces are right. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: "strip" }) }),
  getCacheKey: (source, path) => createHash("sha256").update(process.version).update(path).update(source).digest("hex"),
};
