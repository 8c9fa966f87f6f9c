import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect, type Socket } from "node:net";
import { pipeline } from "node:stream";

export interface Gateway {
  readonly url: string;
  /** What it does not let through. */
  block: { websocket: boolean; sse: boolean; all: boolean };
  /** Lets nothing of the server through, without closing anything. False breaks what was stalled, and lets through again. */
  stall(on: boolean): void;
  /** Breaks every open connection without a close. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * A strict proxy, as offices have them: it refuses WebSocket upgrades, or event streams as well. It answers the paths
 * in `own` itself.
 */
export async function startProxy(
  target: number,
  own: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {},
): Promise<Gateway> {
  const block = { websocket: false, sse: false, all: false };
  const sockets = new Set<Socket>();
  const onwards = new Set<Socket>();
  let stalled = false;
  const server = createServer((incoming, outgoing) => {
    if (block.sse && incoming.url?.startsWith("/events")) {
      outgoing.writeHead(503).end();
      return;
    }
    const page = own[incoming.url ?? ""];
    if (page) {
      outgoing.writeHead(200, { "content-type": page.type }).end(page.body);
      return;
    }
    const forward = request(
      { host: "127.0.0.1", port: target, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (stalled) return;
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        pipeline(answer, outgoing, () => {}); // an answer that breaks off does so here, too
      },
    );
    forward.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    outgoing.on("close", () => forward.destroy());
    incoming.pipe(forward);
  });
  server.on("connection", (socket) => {
    if (block.all) socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming, socket, head) => {
    if (block.websocket) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const onward = connect(target, "127.0.0.1", () => {
      const headers = incoming.rawHeaders.flatMap((value, i, all) => (i % 2 ? [`${all[i - 1]}: ${value}`] : []));
      if (stalled || socket.destroyed) return;
      onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onwards.add(onward);
    onward.on("error", () => socket.destroy());
    onward.on("close", () => {
      onwards.delete(onward);
      socket.end();
    });
    socket.on("error", () => {}); // it is followed by `close`
    socket.on("close", () => onward.destroy()); // or the server would have a client that takes nothing
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    block,
    cut,
    stall(on) {
      stalled = on;
      for (const onward of onwards) onward.unpipe();
      if (!on) cut(); // what has been held back is of no use any more, and nobody is to wait for it in vain
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
