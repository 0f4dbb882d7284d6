import { basename, dirname } from "node:path";
import { type Request, type Response, Router } from "express";
import { tokenAudience } from "../desired/paths.ts";
import type { Log } from "../log.ts";
import { sendError } from "./problem.ts";
import type { Authenticator, ServiceAccount } from "./token-review.ts";

/** The part of the artifact store that is served: `operator/package/store.ts` has it. */
export interface ServedStore {
  /** True for what the owner holds, and for a blob that the index of it names. */
  mayServe(owner: string, artifact: string, blob?: string): Promise<boolean>;
  index(digest: string): Promise<ServedFile | undefined>;
  blob(digest: string): Promise<ServedFile | undefined>;
}

/** A file whose content was checked. */
export interface ServedFile {
  readonly path: string;
  readonly size: number;
}

/** What the artifacts' routes work with. */
export interface ArtifactsOptions {
  readonly store: ServedStore;
  readonly authenticator: Pick<Authenticator, "authenticate">;
  /** The store's owners that run as this ServiceAccount: its Composition, or several where one is shared; none for others. */
  readonly ownersOf: (serviceAccount: ServiceAccount) => readonly string[];
  readonly log: Log;
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const notFound = "Cannot find this artifact among those of your Composition";

/**
 * `GET` and `HEAD` of `/artifacts/DIGEST` and `/artifacts/DIGEST/blobs/DIGEST`, with ranges and ETags, for the ServiceAccount
 * of a Composition and only of what its live revisions hold. 401: no good token. 403: not the ServiceAccount of a runner.
 * 404: everything else, whether another Composition has it or nobody. 503 with `Retry-After`: it cannot be told now.
 */
export function artifactsRouter(options: ArtifactsOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get("/artifacts/:artifact", (request, response) => serve(request, response, options));
  router.get("/artifacts/:artifact/blobs/:blob", (request, response) => serve(request, response, options));
  router.all("/artifacts/{*rest}", (_, response) => {
    response.set("Allow", "GET, HEAD");
    sendError(response, 405, "Cannot do this with an artifact: use GET or HEAD");
  });
  return router;
}

async function serve(request: Request, response: Response, options: ArtifactsOptions): Promise<void> {
  const owners = await authorize(request, response, options);
  if (owners === undefined) return;
  const { artifact = "", blob } = request.params as { readonly artifact?: string; readonly blob?: string };
  const digest = blob ?? artifact;
  const file = await find(owners, { artifact, blob }, options.store);
  if (file === undefined) {
    sendError(response, 404, notFound);
    return;
  }
  response.set({
    ETag: `"${digest}"`,
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Type": blob === undefined ? "application/json" : "application/wasm",
    "X-Content-Type-Options": "nosniff",
  });
  response.sendFile(
    basename(file.path),
    { root: dirname(file.path), dotfiles: "allow", lastModified: false, cacheControl: false },
    (error) => ended(error, response, options.log),
  );
}

/** The store's owners that the client may ask for; undefined once it has been refused. */
async function authorize(
  request: Request,
  response: Response,
  { authenticator, ownersOf }: ArtifactsOptions,
): Promise<readonly string[] | undefined> {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.get("Authorization") ?? "") ?? [];
  const verdict = token === undefined ? undefined : await authenticator.authenticate(token);
  if (verdict?.kind === "unasked") {
    response.set("Retry-After", String(Math.ceil(verdict.retryAfterMs / 1000)));
    sendError(response, 503, "Cannot check the token now: try again");
    return undefined;
  }
  if (verdict?.kind !== "known") {
    response.set("WWW-Authenticate", "Bearer");
    sendError(response, 401, `Cannot accept the request without a valid token for the audience ${tokenAudience}`);
    return undefined;
  }
  const owners = ownersOf(verdict.serviceAccount);
  if (owners.length > 0) return owners;
  sendError(response, 403, "Cannot serve artifacts to this ServiceAccount: no Composition runs as it");
  return undefined;
}

async function find(
  owners: readonly string[],
  { artifact, blob }: { readonly artifact: string; readonly blob: string | undefined },
  store: ServedStore,
): Promise<ServedFile | undefined> {
  if (!digestPattern.test(artifact) || (blob !== undefined && !digestPattern.test(blob))) return undefined;
  for (const owner of owners) {
    if (await store.mayServe(owner, artifact, blob))
      return blob === undefined ? store.index(artifact) : store.blob(blob);
  }
  return undefined;
}

function ended(error: Error | undefined, response: Response, log: Log): void {
  if (error === undefined) return;
  const { code, status } = error as Error & { readonly code?: string; readonly status?: number };
  // The client went away.
  if (code === "ECONNABORTED" || code === "EPIPE" || code === "ECONNRESET") return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of ["ETag", "Cache-Control"]) response.removeHeader(name);
  if (status === 416) {
    sendError(response, 416, "Cannot satisfy the range");
    return;
  }
  // It was removed between two looks: to the client it is not there.
  if (status !== 404) log.error("Cannot read an artifact", { error: code ?? String(error) });
  sendError(response, status === 404 ? 404 : 500, status === 404 ? notFound : "Cannot read the artifact");
}
