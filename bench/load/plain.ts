/** Plain node:http: `hello` for every GET, the body back for every POST. What a server without a guest costs. */
import { createServer } from "node:http";
import { argv } from "node:process";

createServer((request, response) => {
  if (request.method === "POST") {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    request.pipe(response);
  } else {
    response.writeHead(200, { "content-type": "text/plain", "content-length": 5 });
    response.end("hello");
  }
}).listen(Number(argv[2]), "127.0.0.1");
