import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ApiServer, startApiServer } from "../support/api-server/server.ts";

describe("startApiServer()", () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  }, 120_000);
  afterAll(() => server?.stop());

  test("serves the kinds of the CRDs", async () => {
    expect(await server.client.list("/apis/tenon.dev/v1alpha1/components")).toEqual([]);
  });
});
