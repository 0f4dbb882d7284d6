import type { KubeClient } from "../kube/client.ts";
import { type KubeObject, resources } from "../kube/object.ts";
import type { Log } from "../log.ts";

/** Where a Service is. */
export interface ServiceName {
  readonly name: string;
  readonly namespace: string;
}

interface Webhook {
  readonly name: string;
  readonly clientConfig?: { readonly caBundle?: string; readonly service?: ServiceName & { readonly path?: string } };
}

type Configuration = KubeObject & { readonly webhooks?: readonly Webhook[] };

/** What the API server must trust, for which webhooks. */
export interface Trust {
  /** Name of the ValidatingWebhookConfiguration. */
  readonly configuration: string;
  /** Webhooks that call another Service, or a URL, are left alone. */
  readonly service: ServiceName;
  /** PEM. */
  readonly authority: string;
  /** Where on the Service the webhook answers: a secret between the API server and us. */
  readonly path: string;
}

/**
 * Writes the authority and the path into every webhook of ours that has another CA bundle or path, or none, with one patch;
 * writes nothing where all is right, or where there is no such configuration. Rejects with a `KubeError`, a `conflict` where
 * somebody wrote meanwhile.
 */
export async function keepBundle(
  { configuration: name, service, authority, path }: Trust,
  {
    client,
    log,
    signal,
  }: { readonly client: KubeClient; readonly log: Log; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const ref = { resource: resources.validatingWebhookConfigurations, name };
  const found = await client.get<Configuration>(ref, { signal });
  const caBundle = Buffer.from(authority).toString("base64");
  const wrong = (found?.webhooks ?? []).filter((webhook) => isOurs(webhook) && !isRight(webhook));
  if (found === undefined || wrong.length === 0) return;
  const webhooks = found.webhooks!.map((webhook) =>
    wrong.includes(webhook) ? { ...webhook, clientConfig: repair(webhook) } : webhook,
  );
  // A list is replaced as a whole: with the version that was read, nobody's change is lost.
  await client.mergePatch(ref, { metadata: { resourceVersion: found.metadata.resourceVersion }, webhooks }, { signal });
  log.info("Wrote the authority and the path into the webhook configuration", {
    configuration: name,
    webhooks: wrong.length,
  });

  function isOurs({ clientConfig }: Webhook): boolean {
    return clientConfig?.service?.name === service.name && clientConfig.service.namespace === service.namespace;
  }

  function isRight({ clientConfig }: Webhook): boolean {
    return clientConfig?.caBundle === caBundle && clientConfig.service?.path === path;
  }

  function repair({ clientConfig }: Webhook): Webhook["clientConfig"] {
    return { ...clientConfig, service: { ...service, ...clientConfig?.service, path }, caBundle };
  }
}
