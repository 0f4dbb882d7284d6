/**
 * `node:http`, without importing it as a module: an import evaluates every export, and among them is a WebSocket client
 * that costs a cold start some 40 ms.
 */
export const http = process.getBuiltinModule("node:http");
