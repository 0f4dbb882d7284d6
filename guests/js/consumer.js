// Greets, and logs whom: a consumer of the logger interface in JavaScript.
import { write } from "example:logger/log";

export const greet = {
  greet(name) {
    if (name === "") {
      write({ tag: "error" }, "javascript: nobody to greet");
      throw "nobody to greet";
    }
    write({ tag: "info" }, `javascript: greeting ${name}`);
    return `Hello, ${name}, from JavaScript`;
  },
};
