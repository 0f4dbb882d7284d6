/** The sources are run as they are: Node strips the types, jest only needs a transformer that does the same. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/strip-types.js" },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  modulePathIgnorePatterns: ["/target/", "/dist/", "/.cache/"],
};
