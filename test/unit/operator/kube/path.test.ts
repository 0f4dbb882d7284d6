import { describe, expect, test } from "@jest/globals";
import { resources } from "../../../../operator/kube/object.ts";
import { pathOf, queryOf } from "../../../../operator/kube/path.ts";

describe("pathOf()", () => {
  test("addresses kinds of the core group, of other groups, of the cluster, and subresources", () => {
    expect(pathOf(resources.services, { namespace: "shop", name: "web" })).toBe("/api/v1/namespaces/shop/services/web");
    expect(pathOf(resources.deployments, { namespace: "shop" })).toBe("/apis/apps/v1/namespaces/shop/deployments");
    expect(pathOf(resources.deployments, {})).toBe("/apis/apps/v1/deployments");
    expect(pathOf(resources.compositions, { namespace: "shop", name: "web", subresource: "status" })).toBe(
      "/apis/tenon.dev/v1alpha1/namespaces/shop/compositions/web/status",
    );
    expect(pathOf(resources.tokenReviews, { namespace: "shop" })).toBe("/apis/authentication.k8s.io/v1/tokenreviews");
  });

  test.each(["..", ".", "", "a/b", "a%2fb"])("refuses the name %j, which would lead elsewhere", (name) => {
    expect(() => pathOf(resources.services, { namespace: "shop", name })).toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining("by its name") }),
    );
    expect(() => pathOf(resources.services, { namespace: name, name: "web" })).toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining("by its namespace") }),
    );
  });

  test("encodes what has a meaning in a URL", () => {
    expect(pathOf(resources.services, { namespace: "shop", name: "a?b#c d" })).toBe(
      "/api/v1/namespaces/shop/services/a%3Fb%23c%20d",
    );
  });
});

describe("queryOf()", () => {
  test("leaves out what is undefined, and encodes the rest", () => {
    expect(queryOf({ labelSelector: "a=b,c in (d)", limit: 500, continue: undefined })).toBe(
      "?labelSelector=a%3Db%2Cc+in+%28d%29&limit=500",
    );
    expect(queryOf({ continue: undefined })).toBe("");
  });
});
