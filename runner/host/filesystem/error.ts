import { HostError, Trap } from "../host.ts";
import { IoError } from "../streams.ts";

/** The enum `wasi:filesystem/types.error-code`, as far as this host answers with it. */
export type ErrorCode =
  | "access"
  | "bad-descriptor"
  | "busy"
  | "cross-device"
  | "deadlock"
  | "exist"
  | "file-too-large"
  | "illegal-byte-sequence"
  | "insufficient-memory"
  | "insufficient-space"
  | "interrupted"
  | "invalid"
  | "invalid-seek"
  | "io"
  | "is-directory"
  | "loop"
  | "name-too-long"
  | "no-device"
  | "no-entry"
  | "no-lock"
  | "no-such-device"
  | "not-directory"
  | "not-empty"
  | "not-permitted"
  | "overflow"
  | "pipe"
  | "quota"
  | "read-only"
  | "text-file-busy"
  | "too-many-links"
  | "unsupported"
  | "would-block";

/** The one error of this folder: what the guest is answered with. */
export class FilesystemError extends Error {
  override readonly name = "FilesystemError";
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(`Cannot use the file system: ${code}`);
    this.code = code;
  }
}

/** The failure of a file's stream: `filesystem-error-code` reads the code back. */
export class FileIoError extends IoError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, cause: unknown) {
    super(`The file cannot be read or written: ${code}`, cause);
    this.code = code;
  }
}

const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: "access",
  EAGAIN: "would-block",
  EBADF: "bad-descriptor",
  EBUSY: "busy",
  EDEADLK: "deadlock",
  EDQUOT: "quota",
  EEXIST: "exist",
  EFBIG: "file-too-large",
  EILSEQ: "illegal-byte-sequence",
  EINTR: "interrupted",
  EINVAL: "invalid",
  EIO: "io",
  EISDIR: "is-directory",
  ELOOP: "loop",
  EMFILE: "quota",
  EMLINK: "too-many-links",
  ENAMETOOLONG: "name-too-long",
  ENFILE: "quota",
  ENODEV: "no-device",
  ENOENT: "no-entry",
  ENOLCK: "no-lock",
  ENOMEM: "insufficient-memory",
  ENOSPC: "insufficient-space",
  ENOSYS: "unsupported",
  ENOTDIR: "not-directory",
  ENOTEMPTY: "not-empty",
  ENOTSUP: "unsupported",
  ENXIO: "no-such-device",
  EOPNOTSUPP: "unsupported",
  EOVERFLOW: "overflow",
  EPERM: "not-permitted",
  EPIPE: "pipe",
  EROFS: "read-only",
  ESPIPE: "invalid-seek",
  ETXTBSY: "text-file-busy",
  EXDEV: "cross-device",
  ERR_ACCESS_DENIED: "access",
};

/** The code for an error of Node or of this folder, or undefined for one that is neither: a bug of ours. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof FilesystemError) return error.code;
  const { code, syscall } = error as { readonly code?: unknown; readonly syscall?: unknown };
  if (typeof code !== "string") return undefined;
  return codes[code] ?? (syscall === undefined ? undefined : "io");
}

/** What a host function throws for an error of its work: the code for the guest, everything else as it is. */
export function asHostError(error: unknown): unknown {
  if (error instanceof Trap || error instanceof HostError) return error;
  const code = codeOf(error);
  return code === undefined ? error : new HostError(code);
}

/** Ends an operation with a code. */
export function fail(code: ErrorCode): never {
  throw new FilesystemError(code);
}
