import { env } from "node:process";
import { findAssets } from "../test/support/api-server/assets.ts";
import { missingCluster } from "../test/support/cluster/kube.ts";

/** A folder of `test/` whose tests have needs in common. */
export interface Tier {
  readonly name: string;
  /** True: files run side by side. False: one after the other, as they start servers that share few cores. */
  readonly parallel: boolean;
  /** What is not at hand, with the command that provides it; undefined where nothing is missing. */
  readonly missing: () => string | undefined;
  /** Arguments of jest that only this tier has. */
  readonly jest?: readonly string[];
}

const nothing = (): undefined => undefined;

/** In the order in which they run. */
export const tiers: readonly Tier[] = [
  { name: "unit", parallel: true, missing: nothing },
  { name: "guest", parallel: false, missing: nothing },
  {
    name: "api",
    parallel: false,
    missing: () =>
      findAssets(env) === undefined
        ? "no etcd and kube-apiserver: set KUBEBUILDER_ASSETS to their folder, or run node bin/node.js scripts/kube-assets.ts, then npm run test:api"
        : undefined,
  },
  {
    name: "e2e",
    parallel: false,
    missing: () => missingCluster(env),
    // The cluster is there for the whole tier.
    jest: [
      "--globalSetup=<rootDir>/test/support/cluster/setup.ts",
      "--globalTeardown=<rootDir>/test/support/cluster/teardown.ts",
    ],
  },
];
