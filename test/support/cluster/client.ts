import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { tokenAudience } from "../../../operator/desired/paths.ts";
import type { Json } from "../api-server/http.ts";
import { waitFor } from "../api-server/wait.ts";
import { apply, inCluster, kubectl } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import { runnerImage } from "./images.ts";
import { configMapOf, restricted, restrictedContainer } from "./objects.ts";
import type { Answer, Ask } from "./pod/ask.ts";
import type { LoadReport } from "./pod/load.ts";

/** A pod of a namespace that asks what the tests want to know: it is where a user of a composition is. */
export interface Client {
  /** The answers in the order of the requests. */
  ask<A extends readonly Ask[]>(...asks: A): Promise<{ readonly [I in keyof A]: Answer }>;
  /** Asks until the answer has this status, and gives it. */
  until(status: number, ask: Ask): Promise<Answer>;
  /** Asks at a steady rate until it is stopped; gives what came of it. */
  load(url: string, perSecond: number): Load;
}

/** A load that runs. */
export interface Load {
  stop(): Promise<LoadReport>;
}

const name = "client";
const scripts = ["ask.ts", "load.ts"] as const;

/** What the pod of a client is, besides a client. */
export interface ClientOptions {
  /**
   * A runner's pod: the client runs as its ServiceAccount, with a token for artifacts in `/token/token`, one for the API
   * server in `/token/api`, and its configuration in `/config`. Whoever makes pods in a namespace can do that.
   */
  readonly likeRunner?: Json;
}

/** Starts the pod, and waits until it runs. It goes with its namespace. */
export async function startClient(namespace: string, { likeRunner }: ClientOptions = {}): Promise<Client> {
  const files = await Promise.all(
    scripts.map(async (file) => [file, await readFile(join(import.meta.dirname, "pod", file))] as const),
  );
  await apply(namespace, configMapOf("client-scripts", Object.fromEntries(files)), makePod(likeRunner));
  await kubectl(["wait", `pod/${name}`, "--for=condition=Ready", "--timeout=60s"], { namespace });
  const exec = (script: (typeof scripts)[number], ...args: readonly string[]): readonly string[] => [
    ...["exec", "-i", name, "--", "node", `/scripts/${script}`],
    ...args,
  ];
  const ask = async (...asks: readonly Ask[]): Promise<Answer[]> =>
    JSON.parse(await kubectl(exec("ask.ts"), { namespace, input: JSON.stringify(asks) }));
  return {
    ask: ask as Client["ask"],
    until: (status, one) =>
      waitFor(
        `${one.url} to answer ${status}`,
        async () => {
          const [answer] = await ask(one);
          if (answer?.status === status) return answer;
          throw new ClusterError("refused", `${answer?.status} ${answer?.body}`);
        },
        { timeoutMs: 90_000 },
      ),
    load: (url, perSecond) => startLoad([`--namespace=${namespace}`, ...exec("load.ts", url, `${perSecond}`)]),
  };
}

function startLoad(args: readonly string[]): Load {
  const [program, all] = inCluster("kubectl", args);
  const child = spawn(program, [...all]);
  child.stdin.on("error", () => {});
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  return {
    async stop() {
      child.stdin.end();
      const [out, err] = await said;
      if (out === "") throw new ClusterError("refused", `The load ended without a report: ${err}`);
      return JSON.parse(out);
    },
  };
}

function makePod(runner: Json | undefined): Json {
  const volumes = [
    { name: "scripts", mountPath: "/scripts", source: { configMap: { name: "client-scripts" } } },
    ...(runner === undefined ? [] : runnerVolumes(runner)),
  ];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      ...(runner === undefined ? {} : { serviceAccountName: runner.spec.serviceAccountName }),
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: restricted,
      containers: [
        {
          name,
          image: runnerImage,
          command: ["node", "-e", "setInterval(() => {}, 60_000)"],
          securityContext: restrictedContainer,
          volumeMounts: volumes.map(({ source, ...mount }) => ({ ...mount, readOnly: true })),
        },
      ],
      volumes: volumes.map(({ source, ...mount }) => ({ name: mount.name, ...source })),
    },
  };
}

function runnerVolumes(runner: Json) {
  const tokens = [
    { serviceAccountToken: { audience: tokenAudience, path: "token" } },
    { serviceAccountToken: { path: "api" } },
  ];
  const config: Json = runner.spec.volumes.find((volume: Json) => volume.configMap !== undefined);
  return [
    { name: "token", mountPath: "/token", source: { projected: { sources: tokens } } },
    { name: "config", mountPath: "/config", source: { configMap: config.configMap } },
  ];
}
