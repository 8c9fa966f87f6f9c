import { once } from "node:events";
import { createServer } from "node:net";

export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue; // it is taken
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
