import { describe, expect, test } from "@jest/globals";
import { findStatusProblems } from "../../support/conditions.ts";

const ready = {
  type: "Ready",
  status: "True",
  reason: "Succeeded",
  message: "Runs",
  observedGeneration: 3,
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const bad = { ...ready, status: "False", reason: "WiringInvalid" };
const object = (conditions: readonly object[], more: object = {}) => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Composition",
  metadata: { name: "a", generation: 3 },
  spec: {},
  status: { observedGeneration: 3, conditions },
  ...more,
});

describe("findStatusProblems()", () => {
  test.each([
    ["one that is ready", object([ready])],
    ["one that moves", object([bad, { ...bad, type: "Reconciling", status: "True" }])],
    ["one that is stalled", object([bad, { ...bad, type: "Stalled", status: "True" }])],
    ["one that is suspended", object([{ ...bad, reason: "Suspended" }], { spec: { suspend: true } })],
    ["one whose newest generation was not looked at yet", object([ready], { metadata: { name: "a", generation: 4 } })],
  ])("finds nothing in %s", (_, good) => expect(findStatusProblems(good)).toEqual([]));

  test.each([
    ["no status", object([], { status: undefined }), "there is no status"],
    ["no Ready", object([]), "there is no condition Ready"],
    ["no observedGeneration", object([], { status: { conditions: [ready] } }), "status has no observedGeneration"],
    [
      "a generation of the future",
      object([ready], { metadata: { name: "a", generation: 2 } }),
      "status.observedGeneration is of the future",
    ],
    [
      "a condition that does not exist",
      object([ready, { ...ready, type: "Fetched" }]),
      "Fetched is no condition of a Composition",
    ],
    ["a reason that does not exist", object([{ ...ready, reason: "Fine" }]), "Ready has an undocumented reason: Fine"],
    ["a condition twice", object([ready, ready]), "a condition is there twice"],
    ["no message", object([{ ...ready, message: "" }]), "Ready has no message"],
    ["a message with a period", object([{ ...ready, message: "Runs." }]), "Ready ends its message with a period"],
    [
      "no time",
      object([{ ...ready, lastTransitionTime: undefined }]),
      "Ready has no time of its transition: undefined",
    ],
    [
      "a condition without generation",
      object([{ ...ready, observedGeneration: undefined }]),
      "Ready has no observedGeneration",
    ],
    [
      "a Stalled that is False",
      object([ready, { ...ready, type: "Stalled", status: "False" }]),
      "Stalled is there and not True: False",
    ],
    [
      "what is ready and still moves",
      object([ready, { ...ready, type: "Reconciling" }]),
      "Ready is True and Reconciling is there",
    ],
    [
      "what moves and is stalled",
      object([bad, { ...ready, type: "Reconciling" }, { ...ready, type: "Stalled" }]),
      "both Reconciling and Stalled are there",
    ],
    [
      "what is not ready and does not say whether it will be",
      object([bad]),
      "Ready is not True, and neither Reconciling nor Stalled says whether it will be",
    ],
  ])("finds %s", (_, wrong, problem) => expect(findStatusProblems(wrong)).toContain(problem));
});
