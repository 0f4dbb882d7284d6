/** All of a call of one object must be done by then. */
export const callTimeoutMs = 30_000;
/** The same for a page of a list. */
export const listTimeoutMs = 60_000;
/** A watch lasts for minutes, but the server begins its answer at once. */
export const watchOpensMs = 30_000;
/** The server ends a watch after `timeoutSeconds`; one that is still open this much later has stalled. */
export const watchSlackMs = 30_000;
/** Of an answer, and of a line of a watch: etcd takes 1.5 MiB an object; JSON and managedFields make it more. */
export const maxObjectBytes = 8 * 2 ** 20;
/** Of a page of a list. */
export const maxListBytes = 64 * 2 ** 20;
