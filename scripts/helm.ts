/**
 * `helm.ts`: prints the path of helm: that of KUBEBUILDER_ASSETS, of PATH or of the cache, else one that it builds from the
 * published Go module into the cache, with progress on stderr.
 */
import { env, exit, stderr, stdout } from "node:process";
import { HelmError } from "../test/support/helm/error.ts";
import { provideHelm } from "../test/support/helm/helm.ts";

try {
  stdout.write(`${await provideHelm(env, (line) => stderr.write(`${line}\n`))}\n`);
} catch (error) {
  if (!(error instanceof HelmError)) throw error;
  stderr.write(`${error.message}\n`);
  exit(1);
}
