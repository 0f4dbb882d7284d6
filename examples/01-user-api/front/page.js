const box = (x, y, name, tongue) =>
  `<g transform="translate(${x} ${y})"><rect width="170" height="52" rx="8"/><text x="85" y="23">${name}</text>` +
  `<text x="85" y="41" class="small">${tongue}</text></g>`;

/** A path of its own for each, as only the end of a path has a tip. */
const edge = (kind) => (path) => `<path class="edge${kind}" d="${path}"/>`;

const picture = `<svg viewBox="0 0 660 300" role="img" aria-label="A request goes to the front in JavaScript, from there to
authentication in Rust, and from there to the user database in Go. All three write to the logger in C.">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8"/></marker></defs>
${["M190 96h52", "M420 96h52"].map(edge("")).join("")}${["M105 122 250 220", "M335 122v98", "M565 122 420 220"].map(edge(" faint")).join("")}
<text x="216" y="58" class="small">example:http/auth</text><text x="446" y="58" class="small">wasi:keyvalue/readwrite</text>
<text x="335" y="295" class="small">example:logger/log, to standard output</text>
${box(20, 70, "front", "JavaScript")}${box(250, 70, "authentication", "Rust")}${box(480, 70, "user-database", "Go")}${box(250, 226, "logger", "C")}
</svg>`;

const user = (host, id, token, what) =>
  `<tr><td><a href="/users/${id}"><code>/users/${id}</code></a></td><td>${what}</td>` +
  `<td><code>curl -i ${token ? `-H 'authorization: Bearer ${token}' ` : ""}${host}/users/${id}</code></td></tr>`;

/** The page at `/`: what happens here, and what to try. It has no script, and asks nothing of any other server. */
export function page(host) {
  // Whoever asks writes this header, so it is shown only where it can be nothing but a host.
  const at = /^[\w.-]+(:\d+)?$/.test(host) ? host : "localhost:8080";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>User API, composed of four components</title>
<style>
:root { color-scheme: light dark; --line: #6b7a90; --fill: #eef3fb; --accent: #2257c5 }
@media (prefers-color-scheme: dark) { :root { --fill: #1d2636; --line: #8fa0b8; --accent: #8db4ff } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } a { color: var(--accent) }
svg { width: 100%; max-width: 660px } svg text { text-anchor: middle; fill: currentColor; font-size: 15px; font-weight: 600 }
svg .small { font-size: 12px; font-weight: 400 } svg rect { fill: var(--fill); stroke: var(--line) }
.edge { stroke: var(--accent); stroke-width: 2; fill: none; marker-end: url(#tip) } .faint { stroke-dasharray: 4 4; opacity: .6 }
marker path { fill: var(--accent) }
.wide { overflow-x: auto } td, th { text-align: left; padding: .3rem 1rem .3rem 0; vertical-align: top } code { font-size: .9em; white-space: nowrap }
</style>
<h1>Four languages, one component</h1>
<p>This page was written by a JavaScript component. It asked nobody, but a request for a user goes on: to a component in Rust
that checks the token, and from there to one in Go that knows the users. All of them log through a component in C. Each was
built by itself; what they share is interfaces. They were type-checked, wired and fused into one component before this
process started, and a call between them is a call inside one process, not a request.</p>
${picture}
<h2>Try it</h2>
<div class="wide"><table>
<tr><th>path</th><th>answer</th><th>from a terminal</th></tr>
${user(at, "ada", "ada-token", "200, a profile")}
${user(at, "zoe", "ada-token", "404, there is no zoe")}
${user(at, "ada", "", "401, no token")}
</table></div>
<p>A link sends no token, so the links above answer 401. Users: <code>ada</code>, <code>grace</code>, <code>alan</code>.
Tokens: <code>ada-token</code>, <code>grace-token</code>. Look at the terminal of the server while you try: every line there was
written by the logger, for the component named at its beginning.</p>
<h2>Then</h2>
<ul>
<li>Change a path in <code>user-api.yaml</code>, or take a connection away, and save: the wiring is checked anew, and what ran goes
on running until the new one is right.</li>
<li><code>tenon graph examples/01-user-api</code> draws the picture above from the manifests.</li>
<li><code>tenon call examples/01-user-api/compose.yaml example:http/auth.authenticate '"ada-token"' '"ada"'</code> calls the Rust
component, without any HTTP.</li>
</ul>
</html>
`;
}
