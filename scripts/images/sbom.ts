import { ImagesError } from "./error.ts";
import type { Package } from "./packages.ts";

/** The parts of CycloneDX that are read or changed; all others stay as npm wrote them. */
export interface Sbom {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component: SbomComponent };
  readonly components: readonly SbomComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** One package, or the program itself. */
export interface SbomComponent {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
}

/** What is in one image. */
export interface SbomSelection {
  readonly image: string;
  readonly packages: readonly Package[];
  /** Components that npm knows nothing of. */
  readonly others: readonly SbomComponent[];
  /** Seconds since 1970. */
  readonly epoch: number;
}

/**
 * Of npm's CycloneDX document for the whole lock file, what is in one image: its packages, the edges between them, and after
 * them the others. The same selection gives the same document.
 */
export function selectSbom({ serialNumber: _, ...all }: Sbom, { image, packages, others, epoch }: SbomSelection): Sbom {
  const components = packages.map(({ name, version }) => {
    const found = all.components.find((component) => component.name === name && component.version === version);
    if (found !== undefined) return found;
    throw new ImagesError("no-component", `Cannot list "${name}@${version}": package-lock.json lacks it; run npm ci`);
  });
  const own = all.metadata.component;
  const kept = new Set([own, ...components].map((component) => component["bom-ref"]));
  const edges = all.dependencies.filter(({ ref }) => kept.has(ref));
  return {
    ...all,
    metadata: {
      ...all.metadata,
      timestamp: new Date(epoch * 1000).toISOString(),
      component: { ...own, name: image },
    },
    components: [...components, ...others],
    dependencies: edges.map(({ ref, dependsOn = [] }) => ({
      ref,
      dependsOn: dependsOn.filter((to) => kept.has(to)),
    })),
  };
}
