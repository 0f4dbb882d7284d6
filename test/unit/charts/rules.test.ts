import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { resources } from "../../../operator/kube/object.ts";
import { ownedResources } from "../../../operator/world.ts";
import type { PolicyRule } from "../../support/api-server/users.ts";
import { chartRules, renderChart } from "../../support/helm/chart.ts";
import { describeWithHelm } from "../../support/helm/suite.ts";

const file = (name: string): string => join(import.meta.dirname, "values", `${name}.yaml`);

/** `GROUP/RESOURCE VERB`, with the names where a rule is bound to some. */
function flatten(rules: readonly PolicyRule[]): string[] {
  return rules.flatMap(({ apiGroups = [], resources: plurals = [], verbs, resourceNames = [] }) =>
    apiGroups.flatMap((group) =>
      plurals.flatMap((plural) => verbs.map((verb) => [`${group}/${plural}`, verb, ...resourceNames].join(" "))),
    ),
  );
}

function addressOf({ apiVersion, plural }: { readonly apiVersion: string; readonly plural: string }): string {
  return `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${plural}`;
}

describeWithHelm("the chart", () => {
  describe("the rights of the operator", () => {
    test("are about the kinds that it speaks of, and no others", async () => {
      const { rules, namespaced } = await chartRules();
      const given = [...rules, ...Object.values(namespaced).flat()];
      const kinds = flatten(given).map((right) => right.split(" ")[0]!.replace(/\/status$/, ""));
      expect([...new Set(kinds)].sort()).toEqual(Object.values(resources).map(addressOf).sort());
    });

    test("let it write every kind that a Composition owns", async () => {
      const rights = flatten((await chartRules()).rules);
      for (const resource of ownedResources)
        for (const verb of ["list", "watch", "create", "patch", "delete"])
          expect(rights).toContain(`${addressOf(resource)} ${verb}`);
    });

    test("write no Secret but its own, and no Component or Composition but their status", async () => {
      const { rules, namespaced } = await chartRules();
      const writes = flatten([...rules, ...namespaced["tenon-system"]!]).filter(
        (right) => !/ (get|list|watch)\b/.test(right),
      );
      expect(writes.filter((right) => right.startsWith("/secrets"))).toEqual([
        "/secrets create",
        "/secrets update tenon-operator-tls",
      ]);
      expect(
        flatten(rules)
          .filter((right) => right.startsWith("/secrets"))
          .sort(),
      ).toEqual(["/secrets get", "/secrets list", "/secrets watch"]);
      expect(writes.filter((right) => right.startsWith("tenon.dev/"))).toEqual([
        "tenon.dev/components/status patch",
        "tenon.dev/compositions/status patch",
      ]);
    });

    test("have no wildcard, and cannot raise themselves", async () => {
      const { rules, namespaced } = await chartRules();
      const rights = flatten([...rules, ...Object.values(namespaced).flat()]);
      expect(rights.filter((right) => /\*|escalate|bind|impersonate|rbac\./.test(right))).toEqual([]);
      expect(rights.filter((right) => /token |exec|attach|portforward|ephemeral/.test(right))).toEqual([]);
    });

    test("name nothing twice", async () => {
      const rights = flatten((await chartRules()).rules);
      expect(new Set(rights).size).toBe(rights.length);
    });

    test("are in the watched namespaces only, but for what has no namespace", async () => {
      const everywhere = await chartRules();
      const { rules, namespaced } = await chartRules({ files: [file("namespaced")] });
      expect(flatten(rules)).toEqual([
        "authentication.k8s.io/tokenreviews create",
        "admissionregistration.k8s.io/validatingwebhookconfigurations get tenon-operator.tenon-system",
        "admissionregistration.k8s.io/validatingwebhookconfigurations patch tenon-operator.tenon-system",
      ]);
      expect(Object.keys(namespaced).sort()).toEqual(["blog", "shop", "tenon-system"]);
      expect(namespaced["shop"]).toEqual(namespaced["blog"]);
      expect([...rules, ...namespaced["shop"]!]).toEqual(everywhere.rules);
      expect(namespaced["tenon-system"]).toEqual(everywhere.namespaced["tenon-system"]);
    });

    test("are joined where it watches the namespace that it runs in", async () => {
      const { namespaced } = await chartRules({ values: { watchNamespaces: ["tenon-system"] } });
      expect(Object.keys(namespaced)).toEqual(["tenon-system"]);
      expect(flatten(namespaced["tenon-system"]!)).toContain("apps/deployments patch");
      expect(flatten(namespaced["tenon-system"]!)).toContain("/pods patch");
    });

    test("have nothing of the webhook where there is none", async () => {
      const { rules } = await chartRules({ values: { "webhook.enabled": false } });
      expect(flatten(rules).filter((right) => right.includes("webhook"))).toEqual([]);
    });
  });

  describe("the roles for users", () => {
    const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;

    test("let viewers read, and editors and admins write too", async () => {
      const roles = (await renderChart()).filter(({ metadata }) => metadata.labels?.[aggregateTo("admin")] === "true");
      const of = (role: string) =>
        flatten(
          roles.filter(({ metadata }) => metadata.labels[aggregateTo(role)] === "true").flatMap(({ rules }) => rules),
        );
      expect(of("view").filter((right) => !/ (get|list|watch)$/.test(right))).toEqual([]);
      expect(of("view")).toContain("tenon.dev/compositions/status get");
      for (const right of ["compositions create", "components delete", "compositions/scale patch"])
        expect(of("edit")).toContain(`tenon.dev/${right}`);
      expect(of("admin")).toEqual(of("edit"));
    });

    test("let nobody write a status", async () => {
      const roles = (await renderChart()).filter(({ metadata }) => metadata.labels?.[aggregateTo("admin")] === "true");
      const rights = flatten(roles.flatMap(({ rules }) => rules));
      expect(rights.filter((right) => /status (update|patch)/.test(right))).toEqual([]);
    });
  });
});
