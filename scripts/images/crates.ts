import type { SbomComponent } from "./sbom.ts";

/** The crates of a Cargo.lock, as components of an SBOM: all that may be in what was built with it. */
export function readCrates(lock: string): readonly SbomComponent[] {
  return lock.split("[[package]]").flatMap((block) => {
    const field = (name: string): string => new RegExp(`^${name} = "([^"]+)"$`, "m").exec(block)?.[1] ?? "";
    const [name, version, checksum] = [field("name"), field("version"), field("checksum")];
    // What has no checksum is the lock file's own crate.
    if (checksum === "") return [];
    const purl = `pkg:cargo/${name}@${version}`;
    const hashes = [{ alg: "SHA-256", content: checksum }];
    return [{ "bom-ref": purl, type: "library", name, version, purl, hashes }];
  });
}
