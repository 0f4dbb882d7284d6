import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { type Kind, kinds, manifestSchema } from "../../../api/kinds.ts";
import { validate } from "../../../api/validate.ts";
import type { Answer, Json } from "../../support/api-server/http.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";
import { type Data, ruleCases } from "../../unit/api/rule-cases.ts";

let server: ApiServer;
let namespace: string;

beforeAll(async () => {
  server = await startApiServer();
  namespace = await server.addNamespace();
}, 120_000);
afterAll(() => server?.stop());

const kindOf = (manifest: Data): Kind => kinds[manifest["kind"] as Kind["kind"]];

/** What the API server would store, or why it refuses. Nothing is stored. */
async function judge(manifest: Data): Promise<Answer> {
  const at = `/apis/tenon.dev/v1alpha1/namespaces/${namespace}/${kindOf(manifest).plural}`;
  return server.client.request("POST", `${at}?dryRun=All&fieldValidation=Strict`, { body: manifest });
}

/** The fields and messages of a refusal, without the value that the API server repeats before the message. */
const causes = ({ body }: Answer): readonly { readonly path: string; readonly message: string }[] =>
  (body.details?.causes ?? []).map(({ field, message }: Json) => ({
    path: field.replace(/^\./, ""),
    message: message.replace(/^Invalid value: "object": /, ""),
  }));

const judgedHere = (manifest: Data) => validate<Data>(manifestSchema(kindOf(manifest)), manifest);

describe("rules in CEL", () => {
  test.each(ruleCases)("%s: kept, and the same defaults are filled in as on a laptop", async (_, good) => {
    const answer = await judge(good);
    expect([answer.status, causes(answer)]).toEqual([201, []]);
    expect(judgedHere(good)).toMatchObject({ valid: true, value: { spec: answer.body.spec } });
  });

  test.each(ruleCases)("%s: broken, with the command line's message and field", async (message, _, bad, path) => {
    const answer = await judge(bad);
    expect([answer.status, causes(answer)]).toEqual([422, [{ path, message }]]);
  });
});

const spec = (more: Data): Data => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Composition",
  metadata: { name: "shop" },
  spec: { instances: [{ name: "a", component: { name: "x" } }], ...more },
});
const grants = (given: Data): Data =>
  spec({ instances: [{ name: "a", component: { name: "x" }, grants: given }], backends: [] });
const oci = (image: string): Data => ({
  apiVersion: "tenon.dev/v1alpha1",
  kind: "Component",
  metadata: { name: "auth" },
  spec: { source: { oci: { image, ref: { tag: "1" } } } },
});

/** A field that breaks its own schema, and where both say so. */
const fieldCases: readonly (readonly [what: string, manifest: Data, path: string])[] = [
  [
    "an instance's name in upper case",
    spec({ instances: [{ name: "A", component: { name: "x" } }] }),
    "spec.instances[0].name",
  ],
  ["no instance", spec({ instances: [] }), "spec.instances"],
  ["a wiring that does not exist", spec({ wiring: "Magic" }), "spec.wiring"],
  ["negative replicas", spec({ replicas: -1 }), "spec.replicas"],
  ["replicas beyond 32 bits", spec({ replicas: 2 ** 31 }), "spec.replicas"],
  ["replicas as text", spec({ replicas: "2" }), "spec.replicas"],
  ["a schedule of four fields", spec({ schedule: "* * * *" }), "spec.schedule"],
  [
    "a guest path that is not absolute",
    grants({ filesystem: [{ volume: "v", guestPath: "data" }] }),
    "spec.instances[0].grants.filesystem[0].guestPath",
  ],
  [
    "an environment variable with an empty name",
    grants({ env: [{ name: "", value: "1" }] }),
    "spec.instances[0].grants.env[0].name",
  ],
  ["an image with a tag in its name", oci("registry.example/acme/auth:1@x"), "spec.source.oci.image"],
];

describe("fields", () => {
  test.each(fieldCases)("refuses %s, as the command line does", async (_, manifest, path) => {
    const answer = await judge(manifest);
    const here = judgedHere(manifest);
    expect(answer.status).toBe(422);
    expect(causes(answer).map((cause) => cause.path)).toContain(path);
    expect(here.valid ? [] : here.problems.map((problem) => problem.path)).toContain(path);
  });

  test("refuses two instances of one name", async () => {
    const twice = { name: "a", component: { name: "x" } };
    const answer = await judge(spec({ instances: [twice, twice] }));
    expect(causes(answer).map(({ path }) => path)).toEqual(["spec.instances[1]"]);
  });

  test("refuses an unknown grant under strict validation, which is what kubectl asks for", async () => {
    const { status, body } = await judge(grants({ htpp: {} }));
    expect(status).toBe(400);
    expect(body.message).toContain('unknown field "spec.instances[0].grants.htpp"');
  });

  test("prunes an unknown grant where a client asks for no validation: what is not known grants nothing", async () => {
    const at = `/apis/tenon.dev/v1alpha1/namespaces/${namespace}/compositions`;
    const ask = { body: grants({ htpp: { allowedHosts: ["*"] } }) };
    const { status, headers, body } = await server.client.request("POST", `${at}?dryRun=All&fieldValidation=Warn`, ask);
    expect(status).toBe(201);
    expect(headers["warning"]).toContain('unknown field \\"spec.instances[0].grants.htpp\\"');
    expect(body.spec.instances[0].grants).toEqual({});
  });
});

describe("manifests of the examples", () => {
  const root = resolve(import.meta.dirname, "../../..");
  const documents = globSync("examples/*/*.yaml", { cwd: root }).flatMap((file) =>
    parseAllDocuments(readFileSync(join(root, file), "utf8"))
      .map((document) => [file, document.toJS() as Data] as const)
      .filter(([, manifest]) => manifest?.["apiVersion"] === "tenon.dev/v1alpha1"),
  );

  test.each(documents)("%s is taken as it is", async (_, manifest) => {
    const answer = await judge(manifest);
    expect([answer.status, causes(answer)]).toEqual([201, []]);
  });
});
