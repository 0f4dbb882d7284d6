import express, { type NextFunction, type Request, type Response, Router } from "express";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { admit } from "./admission.ts";
import { isSamePath } from "./admission-path.ts";
import type { AdmissionDeps } from "./admit-composition.ts";
import { sendError } from "./problem.ts";
import { answerReview, type Review, readReview, type Verdict } from "./review.ts";

/** What the webhook works with. */
export interface WebhookOptions {
  readonly deps: Omit<AdmissionDeps, "late">;
  /** Where it answers, asked at each request; anywhere else it is not there. */
  readonly path: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds after which a request is admitted without a verdict; 2000 where it is not given. */
  readonly budgetMs?: number;
  /** Told of every verdict, for metrics. */
  readonly onVerdict?: (verdict: WebhookVerdict) => void;
}

/** What became of one request. */
export interface WebhookVerdict {
  readonly kind: string;
  readonly outcome: Verdict["outcome"];
  readonly ms: number;
}

/** The API server's own limit of a request: old and new object, with their wrapping. */
const maxBody = 3 * 1024 * 1024;
/** Requests at once: bounds what their bodies may hold together. */
const maxInFlight = 32;

/** POST of AdmissionReviews of Components and Compositions. It changes nothing, so that a dry run is like any other. */
export function webhookRouter(options: WebhookOptions): Router {
  const { clock, path } = options;
  const router = Router({ caseSensitive: true, strict: true });
  const arrivals = new WeakMap<Request, number>();
  let inFlight = 0;
  const bound = (request: Request, response: Response, next: NextFunction): void => {
    if (inFlight >= maxInFlight) {
      response.set({ "Retry-After": "1", Connection: "close" });
      sendError(response, 503, "Cannot judge more requests at once: try again");
      return;
    }
    inFlight++;
    response.once("close", () => inFlight--);
    arrivals.set(request, clock.now());
    next();
  };
  router.use((request, _, next) => next(isSamePath(request.path, path()) ? undefined : "router"));
  router.post("/*path", bound, express.json({ limit: maxBody, inflate: false }), (request, response) => {
    const review = readReview(request.body);
    if (typeof review === "string") sendError(response, 400, review);
    else response.json(answerReview(review, judge(review, arrivals.get(request) ?? clock.now(), options)));
  });
  router.all("/*path", (_, response) => {
    response.set("Allow", "POST");
    sendError(response, 405, "Cannot do this here: use POST with an AdmissionReview");
  });
  return router;
}

function judge(
  review: Review,
  arrived: number,
  { deps, clock, log, budgetMs = 2000, onVerdict }: WebhookOptions,
): Verdict {
  const { kind, namespace, name } = review;
  let verdict: Verdict;
  try {
    verdict = admit(review, { ...deps, late: () => clock.now() - arrived >= budgetMs });
  } catch (error) {
    // A mistake of ours keeps nobody from working.
    log.error("Cannot judge an object, it is admitted", { kind, namespace, name, error: String(error) });
    verdict = { outcome: "unjudged", warnings: ["Not judged, the operator failed on it: see its log"] };
  }
  onVerdict?.({ kind, outcome: verdict.outcome, ms: clock.now() - arrived });
  if (verdict.outcome !== "allowed") log.info("Judged an object", { kind, namespace, name, outcome: verdict.outcome });
  return verdict;
}
