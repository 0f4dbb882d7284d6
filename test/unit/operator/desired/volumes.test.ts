import { describe, expect, test } from "@jest/globals";
import { desiredOf, type Json, podOf, problemsOf } from "./inputs.ts";

const volumesOf = (volumes: string): Json[] =>
  podOf(desiredOf(`template: { spec: { volumes: ${volumes} } }`)).spec.volumes.filter(
    ({ name }: Json) => !name.startsWith("tenon-"),
  );
const fieldsOf = (volumes: string) =>
  problemsOf(`template: { spec: { volumes: ${volumes} } }`).map(({ field }) => field);

describe("Volumes", () => {
  test("writes each kind as the API server stores it", () => {
    const given = [
      { name: "cm", configMap: { name: "c", items: [{ key: "a", path: "b" }], optional: false } },
      { name: "se", secret: { secretName: "s", items: [] } },
      { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1024Mi" } },
      { name: "disk", emptyDir: { medium: "" } },
      { name: "rw", persistentVolumeClaim: { claimName: "p", readOnly: false } },
      { name: "ro", persistentVolumeClaim: { claimName: "p", readOnly: true } },
    ];
    expect(volumesOf(JSON.stringify(given))).toEqual([
      { name: "cm", configMap: { name: "c", items: [{ key: "a", path: "b" }], optional: false } },
      { name: "se", secret: { secretName: "s" } },
      { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
      { name: "disk", emptyDir: {} },
      { name: "rw", persistentVolumeClaim: { claimName: "p" } },
      { name: "ro", persistentVolumeClaim: { claimName: "p", readOnly: true } },
    ]);
  });

  test("names a volume that would be ours, that has no name, or no size", () => {
    expect(fieldsOf("[{ name: tenon-token, emptyDir: {} }]")).toEqual(["spec.template.spec.volumes[0].name"]);
    expect(fieldsOf("[{ name: a, emptyDir: {} }, { name: ../b, emptyDir: {} }]")).toEqual([
      "spec.template.spec.volumes[1].name",
    ]);
    expect(fieldsOf("[{ name: a, emptyDir: { sizeLimit: much } }]")).toEqual([
      "spec.template.spec.volumes[0].emptyDir.sizeLimit",
    ]);
  });
});
