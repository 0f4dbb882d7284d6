// Loaded before jco when it builds a JavaScript guest with StarlingMonkey, or embeds a WIT world.
//
// Its tools are components themselves, run by preview2-shim. Two things are amiss there (jco 1.35, componentize-js 0.22):
// componentize-js imports a preview2-shim that it lists as a development dependency only, and preview2-shim 0.26.1 preopens
// no folder, so that the tools can't read the WIT. Every import of the shim gets jco's own copy, and that one the disk.
import { registerHooks } from "node:module";

const jco = import.meta.resolve("@bytecodealliance/jco");

registerHooks({
  resolve(specifier, context, next) {
    const ours = specifier.startsWith("@bytecodealliance/preview2-shim");
    return next(specifier, ours ? { ...context, parentURL: jco } : context);
  },
});

const { _addPreopen } = await import("@bytecodealliance/preview2-shim/filesystem");
_addPreopen("/", "/");
