import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { Json, TestClient } from "./http.ts";
import { waitFor } from "./wait.ts";

const folder = resolve(import.meta.dirname, "../../../crds");
const collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Applies the committed CustomResourceDefinitions, and waits until the API server serves their kinds. */
export async function installCrds(client: TestClient): Promise<void> {
  await Promise.all(committedCrds().map((object) => client.apply(`${collection}/${object.metadata.name}`, object)));
  await untilCrdsServe(client);
}

/** Waits until every kind answers: that a definition is established is said a moment before, or from the time before a restart. */
export async function untilCrdsServe(client: TestClient): Promise<void> {
  await Promise.all(
    committedCrds().map(({ spec: { group, versions, names } }) =>
      waitFor(`${names.plural} to be served`, () => client.get(`/apis/${group}/${versions[0].name}/${names.plural}`)),
    ),
  );
}

/** The files of `crds/`, as objects. */
export function committedCrds(): readonly Json[] {
  return readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), "utf8")));
}
