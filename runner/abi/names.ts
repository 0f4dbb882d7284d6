/** The JavaScript name of a WIT name, as jco makes it: `display-name` is `displayName`, `HTTP-x` is `httpX`. */
export function camelCase(name: string): string {
  return name
    .split("-")
    .map((word, index) => {
      const lower = word.toLowerCase();
      return index === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
    })
    .join("");
}
/** The same for classes: `input-stream` is `InputStream`. */
export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}
