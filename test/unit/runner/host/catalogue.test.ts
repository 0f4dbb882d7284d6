import { describe, expect, test } from "@jest/globals";
import { catalogue, findHosted, speaks, speaksPattern } from "../../../../runner/host/catalogue.ts";
import { hostInterfaces } from "../../../../runner/host/registry.ts";

const versions = ["", "0.1.0", "0.1.0-draft", "0.2.0", "0.2.0-draft", "0.2.0-draft2", "0.2.0-draft-2024-09-27"].concat([
  "0.2.0-rc.1",
  "0.2.0-rc-2023-11-10",
  "0.2.6",
  "0.2.12",
  "0.2.120",
  "0.3.0",
  "0.20.0",
  "1.0.0",
  "0.2.x",
]);

describe("catalogue", () => {
  test("names every interface once", () => {
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  });

  test("says the same of names and versions as the hosts do", () => {
    const said = catalogue.flatMap(({ name }) =>
      versions.filter((v) => findHosted(name, v)).map((v) => `${name}@${v}`),
    );
    const done = versions.flatMap((v) =>
      hostInterfaces.filter((host) => host.speaks(v)).map(({ name }) => `${name}@${v}`),
    );
    expect(said.sort()).toEqual(done.sort());
  });

  test("wants a grant for keyvalue and for nothing else", () => {
    const granted = catalogue.filter(({ grant }) => grant !== "none").map(({ name }) => name);
    expect(granted).toEqual(["wasi:keyvalue/store", "wasi:keyvalue/atomics", "wasi:keyvalue/batch"]);
  });
});

describe("findHosted()", () => {
  test.each([
    ["wasi:cli/environment", "0.2.0", true],
    ["wasi:cli/environment", "0.2.12", true],
    ["wasi:cli/environment", "0.3.0", false],
    ["wasi:cli/environment", "0.2.0-rc-2023-11-10", false],
    ["wasi:cli/environment", "", false],
    ["wasi:keyvalue/store", "0.2.0-draft", true],
    ["wasi:keyvalue/store", "0.2.0", false],
    ["wasi:keyvalue/readwrite", "0.2.0-draft", false],
    ["wasi:config/runtime", "0.2.0-draft-2024-09-27", true],
    ["acme:shop/cart", "1.0.0", false],
    ["constructor", "", false],
  ])("%s@%s: %s", (name, version, hosted) => {
    expect(findHosted(name, version) !== undefined).toBe(hosted);
    expect(speaks(name)(version)).toBe(hosted);
  });
});

test("speaksPattern() takes a star for one number and everything else as it is", () => {
  expect(speaksPattern("0.2.*", "0.2.7")).toBe(true);
  expect(speaksPattern("0.2.*", "0.2.7-rc")).toBe(false);
  expect(speaksPattern("0.2.*", "0.2.")).toBe(false);
  expect(speaksPattern("0.2.*", "0.20.1")).toBe(false);
  expect(speaksPattern("0.2.0-draft", "0.2.0-draft2")).toBe(false);
});
