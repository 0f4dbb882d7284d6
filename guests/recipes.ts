import { buildC } from "./c.ts";
import { buildGo } from "./go.ts";
import { buildQuickJS, buildStarlingMonkey, type Script } from "./javascript.ts";
import { buildPython, componentizePy } from "./python.ts";
import type { Recipe } from "./recipe.ts";
import { buildCrate } from "./rust.ts";

const example = "examples/01-user-api";
const exampleWit = `${example}/wit`;

/** Every guest, by language. */
export const recipes: readonly Recipe[] = [
  ...["hello", "echo-http", "outgoing", "cpu", "cli", "echo", "echo-through", "edge-caller", "edge-callee"].map(rust),
  { ...rust("bad"), build: (job) => buildCrate({ folder: "guests/rust", crate: "bad", profile: "named" }, job) },
  {
    name: "hosts",
    committed: "guests/built/hosts.wasm",
    needs: ["cargo"],
    sources: ["guests/rust/hosts"],
    build: (job) => buildCrate({ folder: "guests/rust/hosts", crate: "hosts" }, job),
  },
  ...javascript(),
  {
    name: "consumer-python",
    needs: ["python"],
    sources: ["guests/python"],
    salt: componentizePy,
    build: (job) =>
      buildPython({ folder: "guests/python", module: "app", wit: "guests/python/wit", world: "consumer" }, job),
  },
  ...userApi(),
];

function rust(name: string): Recipe {
  return {
    name,
    committed: `guests/built/${name}.wasm`,
    needs: ["cargo"],
    sources: ["Cargo.toml", "Cargo.lock", "http", name].map((path) => `guests/rust/${path}`).concat("guests/wit"),
    build: (job) => buildCrate({ folder: "guests/rust", crate: name }, job),
  };
}

function javascript(): readonly Recipe[] {
  const hello: Script = {
    folder: "guests/js",
    entry: "hello.js",
    wit: "guests/js/wit",
    packages: `${exampleWit}/deps`,
    world: "hello",
  };
  const consumer: Script = { folder: "guests/js", entry: "consumer.js", wit: "guests/python/wit", world: "consumer" };
  const made = (name: string, script: Script): Pick<Recipe, "name" | "needs" | "sources"> => ({
    name,
    needs: ["jco"],
    sources: [
      `${script.folder}/${script.entry}`,
      script.wit,
      ...(script.packages === undefined ? [] : [script.packages]),
    ],
  });
  return [
    {
      ...made("hello-quickjs", hello),
      committed: "guests/built/hello-quickjs.wasm",
      build: (job) => buildQuickJS(hello, job),
    },
    { ...made("hello-starlingmonkey", hello), build: (job) => buildStarlingMonkey(hello, job) },
    { ...made("consumer-quickjs", consumer), build: (job) => buildQuickJS(consumer, job) },
    { ...made("consumer-starlingmonkey", consumer), build: (job) => buildStarlingMonkey(consumer, job) },
  ];
}

/** The four components of the example. */
function userApi(): readonly Recipe[] {
  const part = (name: string, folder = name): Pick<Recipe, "name" | "committed" | "sources"> => ({
    name: `user-api/${name}`,
    committed: `${example}/components/${name}.wasm`,
    sources: [`${example}/${folder}`, exampleWit],
  });
  const front: Script = { folder: `${example}/front`, entry: "front.js", wit: exampleWit, world: "front" };
  return [
    {
      ...part("authentication"),
      needs: ["cargo"],
      build: (job) => buildCrate({ folder: `${example}/authentication`, crate: "authentication" }, job),
    },
    {
      ...part("user-database"),
      needs: ["go", "jco"],
      build: (job) => buildGo({ folder: `${example}/user-database`, wit: exampleWit, world: "user-database" }, job),
    },
    {
      ...part("logger"),
      needs: ["clang", "jco"],
      build: (job) =>
        buildC(
          ["logger.c", "gen/logger.c", "gen/logger_component_type.o"].map((file) => `${example}/logger/${file}`),
          job,
        ),
    },
    { ...part("front"), needs: ["jco"], build: (job) => buildQuickJS(front, job) },
  ];
}
