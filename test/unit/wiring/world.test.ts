import { describe, expect, test } from "@jest/globals";
import { printWorld } from "../../../wiring/world.ts";
import { borrow, func, instance, own, record, resource, table, type } from "../../support/wiring/tables.ts";

describe("printWorld()", () => {
  test("prints the world, then the packages that it names", () => {
    const one = table({
      imports: {
        "wasi:keyvalue/store@0.2.0-draft": instance({
          bucket: resource(),
          "[constructor]bucket": func({ name: "string" }, own(0)),
          "[method]bucket.get": func({ self: borrow(0), key: "string" }, "u8"),
          "[static]bucket.open": func({}, own(0)),
        }),
        primary: instance({}, "acme:shop/cart"),
        log: func({ text: "string" }),
      },
      exports: { "acme:shop/cart": instance({ page: type(record({ size: "u32" })), "list-all": func() }) },
    });
    expect(printWorld(one)).toBe(`package root:component;

world root {
  import wasi:keyvalue/store@0.2.0-draft;
  import primary: acme:shop/cart;
  import log: func(text: string);
  export acme:shop/cart;
}

package wasi:keyvalue@0.2.0-draft {
  interface store {
    resource bucket {
      constructor(name: string);
      get: func(key: string) -> u8;
      open: static func() -> bucket;
    }
  }
}

package acme:shop {
  interface cart {
    record page { size: u32 }
    list-all: func();
  }
}
`);
  });

  test("prints an empty world", () => {
    expect(printWorld(table({}))).toBe("package root:component;\n\nworld root {\n}\n");
  });

  test("writes what WIT cannot say as a comment", () => {
    const one = table({
      imports: {
        m: (builder) => ({
          name: "m",
          kind: "module",
          type: builder.add({ kind: "module", imports: [], exports: [] }),
        }),
      },
    });
    expect(printWorld(one)).toContain("  // import module m\n");
  });

  test("ends where it is told to, and says so", () => {
    const functions = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, func({ a: "u32" })]));
    const one = table({ exports: { "t:i/x": instance(functions) } });
    const cut = printWorld(one, { maxLength: 2000 });
    expect(cut.length).toBeLessThan(2100);
    expect(cut).toMatch(/\/\/ Cut here: the text is longer than 2000 characters\n$/);
    expect(printWorld(one).length).toBeLessThan(66_000);
    expect(printWorld(one, { maxLength: 1_000_000 })).toContain("f4999: func(a: u32);");
  });
});
