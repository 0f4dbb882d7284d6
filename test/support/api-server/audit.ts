import { open, stat } from "node:fs/promises";

/** One finished request, as the API server itself counted it. */
export interface AuditedRequest {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** The HTTP status. */
  readonly code: number;
  readonly user: string;
  readonly userAgent: string;
  /** When it arrived, milliseconds since 1970. */
  readonly time: number;
}

/** Where in the log a test began to count. */
export type AuditMark = { readonly offset: number };

/** The audit log of one test server. */
export interface Audit {
  /** Everything from now on: hand it to `requests`. */
  mark(): Promise<AuditMark>;
  /**
   * The requests of one user, or of all, since the mark. A watch counts when it began, all others when they were
   * answered. The API server writes its line just after the answer went out: wait for what is to come, not for nothing.
   */
  requests(options?: { readonly user?: string; readonly since?: AuditMark }): Promise<readonly AuditedRequest[]>;
}

/** The policy: every request once, without bodies. */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata" }],
};

/** Reads the log that the API server writes to `file`. */
export function readAudit(file: string): Audit {
  return {
    async mark() {
      return { offset: await sizeOf(file) };
    },
    async requests({ user, since } = {}) {
      const text = await readFrom(file, since?.offset ?? 0);
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as AuditEvent)
        .filter(isCounted)
        .map(toRequest)
        .filter((request) => user === undefined || request.user === user);
    },
  };
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly user: { readonly username?: string };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** A watch is written twice: when it begins and when it ends. */
function isCounted({ stage, verb, objectRef }: AuditEvent): boolean {
  return objectRef !== undefined && stage === (verb === "watch" ? "ResponseStarted" : "ResponseComplete");
}

function toRequest(event: AuditEvent): AuditedRequest {
  const { resource = "", subresource, namespace, name } = event.objectRef ?? {};
  return {
    verb: event.verb,
    resource,
    subresource,
    namespace,
    name,
    code: event.responseStatus?.code ?? 0,
    user: event.user.username ?? "",
    userAgent: event.userAgent ?? "",
    time: Date.parse(event.requestReceivedTimestamp),
  };
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** Up to the last whole line: the API server may be in the middle of one. */
async function readFrom(file: string, offset: number): Promise<string> {
  const size = await sizeOf(file);
  if (size <= offset) return "";
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(size - offset);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    const text = buffer.toString("utf8", 0, bytesRead);
    return text.slice(0, text.lastIndexOf("\n") + 1);
  } finally {
    await handle.close();
  }
}
