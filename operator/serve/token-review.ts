import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/error.ts";
import { resources } from "../kube/object.ts";
import type { Log } from "../log.ts";
import { makeBucket } from "./bucket.ts";
import { readClaims } from "./claims.ts";

/** A ServiceAccount that somebody proved to be. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** What is known of who sent a token. */
export type Verdict =
  | { readonly kind: "known"; readonly serviceAccount: ServiceAccount }
  /** It is no token, not valid any more, for another audience, or nobody's that we serve. */
  | { readonly kind: "refused" }
  /** It could not be asked now: too many were asked about, or the API server does not answer. */
  | { readonly kind: "unasked"; readonly retryAfterMs: number };

/** What an authenticator works with. */
export interface AuthenticatorOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** The audience that the API server must have issued the token for. */
  readonly audience: string;
  /** True for a ServiceAccount that some Composition runs as. Others share one small budget of questions. */
  readonly isRunner: (serviceAccount: ServiceAccount) => boolean;
}

/** A ServiceAccount's token is 1 to 2 KiB. */
const maxToken = 16_384;
/** A good token is asked about once in this time, a bad one more often: it may be good a moment later. */
const goodMs = 60_000;
const badMs = 10_000;
const maxRemembered = 10_000;
/** Questions of one ServiceAccount, of all that we do not know, and of everybody: a second, and at once. */
const rates = {
  one: { perSecond: 2, burst: 20 },
  strangers: { perSecond: 1, burst: 5 },
  all: { perSecond: 50, burst: 100 },
};
const maxBuckets = 10_000;

interface Review {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: { readonly username?: string };
  };
}

/**
 * Finds out by TokenReview whose token it is. Verdicts are remembered by the token's hash, for a minute at most and never
 * longer than the token lives. However many bad tokens come, the API server is asked a few times a second, and those of
 * the ServiceAccounts that we serve are not held up by those of others.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** In the order of their last change; by hash, so that no token stays in memory. */
  readonly #remembered = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  readonly #asking = new Map<string, Promise<Verdict>>();
  readonly #buckets = new Map<string, ReturnType<typeof makeBucket>>();
  readonly #all: ReturnType<typeof makeBucket>;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#all = makeBucket(rates.all, options.clock);
  }

  /** Judges a token. Never rejects. Calls for one token at once are one question. */
  async authenticate(token: string): Promise<Verdict> {
    const { clock, audience } = this.#options;
    if (token.length > maxToken) return { kind: "refused" };
    const claims = readClaims(token);
    // These are only claims: they can spare a question, and prove nothing.
    const claimed = serviceAccountOf(claims?.subject);
    if (claims === undefined || claimed === undefined || !claims.audiences.includes(audience))
      return { kind: "refused" };
    const hash = createHash("sha256").update(token).digest("base64");
    const known = this.#remembered.get(hash);
    if (known !== undefined && known.until > clock.now()) return known.verdict;
    const running = this.#asking.get(hash);
    if (running !== undefined) return running;
    if (!this.#allows(claimed)) return { kind: "unasked", retryAfterMs: 1000 };
    const asked = this.#ask(token).then((verdict) => {
      this.#asking.delete(hash);
      this.#remember(hash, verdict, claims.expiresAt);
      return verdict;
    });
    this.#asking.set(hash, asked);
    return asked;
  }

  async #ask(token: string): Promise<Verdict> {
    const { client, log, audience } = this.#options;
    const review = {
      apiVersion: resources.tokenReviews.apiVersion,
      kind: resources.tokenReviews.kind,
      spec: { token, audiences: [audience] },
    };
    try {
      const { status } = (await client.create(resources.tokenReviews, review)) as Review;
      const serviceAccount = serviceAccountOf(status?.user?.username);
      const good = status?.authenticated === true && status.audiences?.includes(audience) === true;
      return good && serviceAccount !== undefined ? { kind: "known", serviceAccount } : { kind: "refused" };
    } catch (error) {
      const reason = error instanceof KubeError ? error.code : "unexpected";
      log.warn("Cannot ask the API server about a token", { reason });
      const wanted = error instanceof KubeError ? error.retryAfterMs : undefined;
      return { kind: "unasked", retryAfterMs: Math.min(wanted ?? 2000, 60_000) };
    }
  }

  #remember(hash: string, verdict: Verdict, expiresAt: number): void {
    if (verdict.kind === "unasked") return;
    const now = this.#options.clock.now();
    const until = verdict.kind === "known" ? Math.min(now + goodMs, expiresAt) : now + badMs;
    this.#remembered.delete(hash);
    this.#remembered.set(hash, { verdict, until });
    dropOldest(this.#remembered, maxRemembered);
  }

  #allows(claimed: ServiceAccount): boolean {
    const { clock, isRunner } = this.#options;
    const known = isRunner(claimed);
    const key = known ? `${claimed.namespace}/${claimed.name}` : "";
    const bucket = this.#buckets.get(key) ?? makeBucket(known ? rates.one : rates.strangers, clock);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    dropOldest(this.#buckets, maxBuckets);
    return bucket.take() && this.#all.take();
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

function serviceAccountOf(username: string | undefined): ServiceAccount | undefined {
  const [, namespace, name] =
    /^system:serviceaccount:([a-z0-9-]{1,63}):([a-z0-9.-]{1,253})$/.exec(username ?? "") ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}
