import { describe, expect, test } from "@jest/globals";
import {
  printable,
  saysObjectIsMissing,
  saysPatchDoesNotFit,
  statusCodeOf,
  translateAnswer,
  translateFailure,
} from "../../../../operator/kube/translate.ts";
import { failure } from "./wire.ts";

const what = 'Cannot apply Service "web"';

describe("translateAnswer()", () => {
  test.each([
    [400, "invalid"],
    [401, "denied"],
    [403, "denied"],
    [404, "not-found"],
    [405, "invalid"],
    [408, "unavailable"],
    [409, "conflict"],
    [410, "expired"],
    [422, "invalid"],
    [429, "throttled"],
    [302, "unavailable"],
    [500, "unavailable"],
    [503, "unavailable"],
  ] as const)("calls a status %i %s", (status, code) => {
    const error = translateAnswer(what, { status, body: failure(status, "X", "it is so") });
    expect(error).toMatchObject({ code, status, message: `${what}: it is so` });
  });

  test("calls a field that the kind does not have invalid, though the server answers 500", () => {
    const message = "failed to create typed patch object (a/b; v1): .foo: field not declared in schema";
    expect(translateAnswer(what, { status: 500, body: failure(500, "", message) }).code).toBe("invalid");
  });

  test.each([
    [400, 'admission webhook "validate.kyverno.svc-fail" denied the request: no label "team"'],
    [422, "services \"web\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no team"],
  ])("calls what a webhook or a policy refuses denied, whatever its status is: %i %s", (status, message) => {
    expect(translateAnswer(what, { status, body: failure(status, "X", message) }).code).toBe("denied");
  });

  test("does not take a value that speaks of a webhook for a webhook's refusal", () => {
    const message = 'Service "web" is invalid: spec.x: Invalid value: "admission webhook "x" denied the request"';
    expect(translateAnswer(what, { status: 422, body: failure(422, "Invalid", message) }).code).toBe("invalid");
  });

  test("calls the uid of another object a conflict, though the server answers 422", () => {
    const causes = [{ reason: "FieldValueInvalid", message: "field is immutable", field: "metadata.uid" }];
    expect(translateAnswer(what, { status: 422, body: failure(422, "Invalid", "x", { causes }) }).code).toBe(
      "conflict",
    );
    const other = [{ ...causes[0], field: "spec.clusterIP" }];
    expect(translateAnswer(what, { status: 422, body: failure(422, "Invalid", "x", { causes: other }) }).code).toBe(
      "invalid",
    );
  });

  test("names who manages the fields of a conflict, each once", () => {
    const cause = (manager: string) => ({
      reason: "FieldManagerConflict",
      message: `conflict with "${manager}" using apps/v1`,
      field: ".spec.replicas",
    });
    const causes = [cause("kubectl-edit"), cause("kubectl-edit"), cause("helm"), { reason: "Other", message: "x" }];
    const error = translateAnswer(what, { status: 409, body: failure(409, "Conflict", "x", { causes }) });
    expect(error.managers).toEqual(["kubectl-edit", "helm"]);
  });

  test("reads how long to wait from the header or the body, within five minutes", () => {
    const wait = (retryAfter: string | undefined, details: object = {}) =>
      translateAnswer(what, { status: 429, body: failure(429, "X", "x", details), retryAfter }).retryAfterMs;
    expect(wait("7")).toBe(7_000);
    expect(wait(undefined, { retryAfterSeconds: 3 })).toBe(3_000);
    expect(wait("999999999")).toBe(300_000);
    expect(wait("Wed, 21 Oct 2026 07:28:00 GMT")).toBeUndefined();
    expect(wait("-1")).toBeUndefined();
    expect(wait(undefined, { retryAfterSeconds: "3" })).toBeUndefined();
  });

  test("says what is wrong, and not the object that the server puts before it", () => {
    const message = ' "" is invalid: patch: Invalid value: "{...}": strict decoding error: unknown field "status.x"';
    expect(translateAnswer(what, { status: 422, body: failure(422, "Invalid", message) }).message).toBe(
      `${what}: strict decoding error: unknown field "status.x"`,
    );
  });

  test("survives answers of any shape", () => {
    for (const body of [undefined, null, 7, "x", [], { kind: "Status", details: null, message: 7 }, { kind: "Pod" }]) {
      expect(translateAnswer(what, { status: 500, body }).message).toBe(`${what}: HTTP status 500`);
    }
    const causes = [null, 7, { reason: "FieldManagerConflict" }];
    expect(translateAnswer(what, { status: 409, body: failure(409, "X", "x", { causes }) }).managers).toEqual([]);
  });

  test("bounds what the server says, to one printable line", () => {
    const { message } = translateAnswer(what, {
      status: 500,
      body: failure(500, "X", `a\u001b[31m\r\nb${"c".repeat(1e6)}`),
    });
    expect(message.startsWith(`${what}: a [31m b`)).toBe(true);
    expect(message.length).toBeLessThan(600);
  });
});

describe("translateFailure()", () => {
  test("keeps the system's code, and undici's words", () => {
    expect(translateFailure(what, { code: "ECONNREFUSED", message: "long" })).toMatchObject({
      code: "unavailable",
      message: `${what}: cannot reach the API server (ECONNREFUSED)`,
    });
    expect(translateFailure(what, { code: "UND_ERR_SOCKET", message: "other side closed" }).message).toContain(
      "(other side closed)",
    );
    expect(translateFailure(what, undefined).code).toBe("unavailable");
  });
});

describe("saysObjectIsMissing()", () => {
  test("tells a missing object from a missing kind", () => {
    expect(saysObjectIsMissing({ status: 404, body: failure(404, "NotFound", "x", { name: "web" }) }, "web")).toBe(
      true,
    );
    expect(saysObjectIsMissing({ status: 404, body: failure(404, "NotFound", "x", { name: "ns" }) }, "web")).toBe(
      false,
    );
    expect(saysObjectIsMissing({ status: 404, body: failure(404, "NotFound", "x") }, "web")).toBe(false);
    expect(saysObjectIsMissing({ status: 500, body: failure(500, "X", "x", { name: "web" }) }, "web")).toBe(false);
  });
});

describe("saysPatchDoesNotFit()", () => {
  test("tells a failed test of a patch from an object that is invalid", () => {
    const rejected = "the server rejected our request due to an error in our request";
    expect(saysPatchDoesNotFit({ status: 422, body: failure(422, "Invalid", rejected) })).toBe(true);
    expect(saysPatchDoesNotFit({ status: 422, body: failure(422, "Invalid", "x", { name: "web" }) })).toBe(false);
    expect(saysPatchDoesNotFit({ status: 400, body: failure(400, "BadRequest", rejected) })).toBe(false);
  });
});

describe("statusCodeOf()", () => {
  test("believes codes of errors only", () => {
    expect(statusCodeOf(failure(410, "Expired", "x"))).toBe(410);
    expect(statusCodeOf(failure(200, "X", "x"))).toBe(500);
    expect(statusCodeOf({ code: 410 })).toBe(500);
  });
});

describe("printable()", () => {
  test("cuts no character in half", () => {
    expect(printable("ab😀cd", 4)).toBe("ab…");
    expect(printable("abcd", 4)).toBe("abcd");
    expect(printable("\u202eab\u0000c\n", 10)).toBe("ab c");
  });
});
