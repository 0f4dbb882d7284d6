import type { Response } from "express";

/** Answers an error as JSON, `{ "error": "…" }`. The sentence is ours: it has nothing of the request in it. */
export function sendError(response: Response, status: number, error: string): void {
  response.status(status).set("Cache-Control", "no-store").json({ error });
}
