import type { Composition } from "../api/composition.ts";
import type { Wiring } from "../wiring/spec.ts";
import type { Clock } from "./clock.ts";
import type { OperatorConfig } from "./config.ts";
import type { SpecProblem } from "./desired/desired.ts";
import { makeDesired } from "./desired/make.ts";
import { tokenAudience } from "./desired/paths.ts";
import type { KubeClient } from "./kube/client.ts";
import { controllerOf, keyOf, resources } from "./kube/object.ts";
import type { Leader } from "./leader.ts";
import type { Log } from "./log.ts";
import type { KnownComponent } from "./reconcile/known.ts";
import type { LiveComposition } from "./reconcile/run.ts";
import type { KnownTypes } from "./serve/admit-composition.ts";
import { artifactsRouter } from "./serve/artifacts.ts";
import type { CertificateKeeper } from "./serve/certificate.ts";
import { type SecureServer, startSecureServer } from "./serve/server.ts";
import { Authenticator, type ServiceAccount } from "./serve/token-review.ts";
import { type WebhookOptions, webhookRouter } from "./serve/webhook.ts";
import { byComponent, byServiceAccount } from "./world.ts";

/** What the server is made of. */
export interface LeaderServerOptions {
  readonly leader: Leader;
  readonly client: KubeClient;
  readonly config: OperatorConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly certificate: CertificateKeeper;
  readonly onVerdict: NonNullable<WebhookOptions["onVerdict"]>;
}

/** Serves the webhook and the artifacts, over what the leader knows. */
export function startLeaderServer(options: LeaderServerOptions): Promise<SecureServer> {
  const { leader, client, config, clock, log, certificate, onVerdict } = options;
  const ownersOf = (account: ServiceAccount): readonly string[] => ownersAs(account, leader);
  const isRunner = (account: ServiceAccount): boolean => ownersOf(account).length > 0;
  const authenticator = new Authenticator({ client, clock, log, audience: tokenAudience, isRunner });
  const deps: WebhookOptions["deps"] = {
    lookUp: (namespace, name) => typesOf(leader, `${namespace}/${name}`),
    usersOf: (namespace, component) =>
      leader.world.compositions.byIndex(byComponent, `${namespace}/${component}`).map(({ metadata }) => metadata.name),
    specProblems: (composition, wiring) => specProblems(leader, composition, wiring),
  };
  return startSecureServer({
    listen: config.secureListen,
    certificate,
    log,
    routers: [
      webhookRouter({ deps, path: () => certificate.admissionPath(), clock, log, onVerdict }),
      artifactsRouter({ store: leader.store, authenticator, ownersOf, log }),
    ],
  });
}

/** The Compositions whose pods run as this ServiceAccount. */
function ownersAs({ namespace, name }: ServiceAccount, { world }: Leader): string[] {
  const account = world.owned.get(resources.serviceAccounts)?.get(`${namespace}/${name}`);
  const owner = account === undefined ? undefined : controllerOf(account);
  const key = `${namespace}/${owner?.name}`;
  // A Composition that was made again does not inherit what its predecessor's pods may read.
  if (owner !== undefined && world.compositions.get(key)?.metadata.uid === owner.uid) return [key];
  return world.compositions.byIndex(byServiceAccount, `${namespace}/${name}`).map(keyOf);
}

function typesOf({ known, world }: Leader, key: string): KnownTypes {
  const component = world.components.get(key);
  if (component === undefined) return key.includes("/source:") ? "unknown" : undefined;
  const found = known.get(key);
  const { uid, generation } = component.metadata;
  if (found === undefined || found.uid !== uid || found.generation !== generation) return "unknown";
  return found.resolved ?? failureOf(found);
}

function failureOf({ outcome }: KnownComponent): KnownTypes {
  // What could not be fetched may come; what was fetched and is no component stays none.
  if (outcome.kind !== "stalled" || outcome.reason !== "InvalidComponent") return "unknown";
  return { failure: { code: "invalid-component", message: outcome.message } };
}

/** What the objects of the composition could not be made from, whatever the artifact is. */
function specProblems(leader: Leader, composition: Composition, wiring: Wiring): readonly SpecProblem[] {
  const desired = makeDesired({
    composition: composition as LiveComposition,
    artifact: { digest: `sha256:${"0".repeat(64)}`, size: 0 },
    wiring,
    inputs: "",
    running: [],
    settings: leader.settings(),
  });
  return "problems" in desired ? desired.problems : [];
}
