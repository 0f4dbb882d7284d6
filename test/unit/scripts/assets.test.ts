import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { assetCache, findAssets } from "../../support/api-server/assets.ts";
import { provideAssets } from "../../support/api-server/build.ts";
import { withFolder } from "../../support/local/folder.ts";

const ignore = (): void => {};

async function withPrograms<T>(names: readonly string[], use: (folder: string) => Promise<T>): Promise<T> {
  return withFolder(Object.fromEntries(names.map((name) => [name, "#!/bin/sh\n"])), async (folder) => {
    for (const name of names) await chmod(join(folder, name), 0o755);
    return use(folder);
  });
}

describe("findAssets()", () => {
  test("takes the folder that KUBEBUILDER_ASSETS names, with the controllers where they are there", async () => {
    await withPrograms(["etcd", "kube-apiserver", "kube-controller-manager"], async (folder) => {
      expect(findAssets({ KUBEBUILDER_ASSETS: folder })).toMatchObject({
        etcd: join(folder, "etcd"),
        controllerManager: join(folder, "kube-controller-manager"),
        kubectl: undefined,
      });
    });
  });

  test("is undefined where a needed program is missing or cannot be executed", async () => {
    await withPrograms(["etcd", "kube-apiserver"], async (folder) => {
      await chmod(join(folder, "etcd"), 0o644);
      expect(findAssets({ KUBEBUILDER_ASSETS: folder })).toBeUndefined();
    });
  });

  test("takes the cache where nothing is named, and never in place of what is named", async () => {
    const paths = ["etcd", "kube-apiserver"].map((name) => join(assetCache({ XDG_CACHE_HOME: "cache" }), name));
    await withPrograms(paths, async (folder) => {
      const env = { XDG_CACHE_HOME: join(folder, "cache") };
      expect(findAssets(env)?.folder).toBe(assetCache(env));
      expect(findAssets({ ...env, KUBEBUILDER_ASSETS: join(folder, "elsewhere") })).toBeUndefined();
    });
  });

  test("finds kubectl in PATH", async () => {
    await withPrograms(["etcd", "kube-apiserver", "bin/kubectl"], async (folder) => {
      const env = { KUBEBUILDER_ASSETS: folder, PATH: `/nowhere:${join(folder, "bin")}` };
      expect(findAssets(env)?.kubectl).toBe(join(folder, "bin", "kubectl"));
    });
  });
});

describe("provideAssets()", () => {
  test("refuses a named folder without the programs, and builds nothing", async () => {
    await expect(provideAssets({ KUBEBUILDER_ASSETS: "/nowhere" }, ignore)).rejects.toMatchObject({
      code: "missing",
      message: "Cannot use KUBEBUILDER_ASSETS: no etcd and kube-apiserver in /nowhere",
    });
  });

  test("says what is needed where there is no Go", async () => {
    await expect(provideAssets({ XDG_CACHE_HOME: "/nowhere", PATH: "/nowhere" }, ignore)).rejects.toMatchObject({
      code: "missing",
      message: expect.stringContaining("install Go"),
    });
  });
});
