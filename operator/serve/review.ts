/** The request of an AdmissionReview (`admission.k8s.io/v1`), as far as it is read. */
export interface Review {
  readonly uid: string;
  readonly group: string;
  readonly kind: string;
  /** `CREATE`, `UPDATE`, `DELETE`, `CONNECT`. */
  readonly operation: string;
  /** `status`, `scale`; empty for the object itself. */
  readonly subResource: string;
  readonly namespace: string;
  /** Empty where the server is to make one up. */
  readonly name: string;
  /** As it would be stored, with defaults; undefined where the operation has none. */
  readonly object: Loose | undefined;
  readonly oldObject: Loose | undefined;
}

/** An object of which nothing is known but that it is one. */
export type Loose = Readonly<Record<string, unknown>>;

/** What is answered. */
export interface Verdict {
  /** `unjudged`: admitted without having been judged. Nothing but `denied` keeps an object out. */
  readonly outcome: "allowed" | "denied" | "unjudged";
  /** Why it was denied. */
  readonly message?: string | undefined;
  /** Shown by kubectl. */
  readonly warnings: readonly string[];
}

const apiVersion = "admission.k8s.io/v1";
const kind = "AdmissionReview";

/** Reads an AdmissionReview; a text says what is wrong with it. Never throws. */
export function readReview(body: unknown): Review | string {
  const review = looseOf(body);
  if (review?.["apiVersion"] !== apiVersion || review["kind"] !== kind) return `Must be an ${kind} of ${apiVersion}`;
  const request = looseOf(review["request"]);
  if (request === undefined) return "Must have a request";
  const uid = textOf(request["uid"]);
  if (uid === "" || uid.length > 256) return "Must have a request.uid";
  const { group, kind: of } = looseOf(request["kind"]) ?? {};
  const operation = textOf(request["operation"]);
  if (textOf(of) === "") return "Must have a request.kind";
  if (!["CREATE", "UPDATE", "DELETE", "CONNECT"].includes(operation)) return "Must have a known request.operation";
  const [object, oldObject] = [looseOf(request["object"]), looseOf(request["oldObject"])];
  if (operation === "CREATE" && object === undefined) return "Must have a request.object";
  if (operation === "UPDATE" && (object === undefined || oldObject === undefined))
    return "Must have a request.object and a request.oldObject";
  return {
    uid,
    group: textOf(group),
    kind: textOf(of),
    operation,
    subResource: textOf(request["subResource"]),
    namespace: textOf(request["namespace"]),
    name: textOf(looseOf(object?.["metadata"])?.["name"]) || textOf(request["name"]),
    object,
    oldObject,
  };
}

/** The AdmissionReview that answers. */
export function answerReview({ uid }: Review, { outcome, message, warnings }: Verdict): object {
  const status = outcome === "denied" ? { status: { status: "Failure", code: 422, reason: "Invalid", message } } : {};
  return {
    apiVersion,
    kind,
    response: { uid, allowed: outcome !== "denied", ...status, ...(warnings.length > 0 ? { warnings } : {}) },
  };
}

/** The object, where it is one. */
export function looseOf(value: unknown): Loose | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : undefined;
}

/** True where two values of JSON say the same, whatever the order of their keys is. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const [one, other] = [looseOf(a), looseOf(b)];
  if (one === undefined || other === undefined) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key], other[key]))
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
