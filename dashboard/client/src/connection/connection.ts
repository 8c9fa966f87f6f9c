/**
 * connection/ is one connection to the server, whatever stream it has just now: it notices silence, comes back with
 * delays of full jitter from where it left off, and keeps the subscriptions. stream.ts has the streams and when they are
 * opened again; this file has what they carry: the subscriptions, their flush, the pause, and the rest of a page that is
 * hidden. Which transport comes next when one is blocked is decided in fallback/.
 */

import type { Emitter } from "../emitter.ts";
import { createLookup, type Lookup, type Want, wantsNothing } from "../interest/want.ts";
import type { ClientMessage, ServerMessage } from "../protocol/messages.ts";
import type { ClientState, ConnectionEvents } from "../state.ts";
import type { MakeSubscriptions, Send, SeriesSubscriptions, Subscriptions } from "../subscriptions/contract.ts";
import type { Transport } from "../transport/transport.ts";
import { type ConnectionOptions, createStream } from "./stream.ts";

/** One connection to a server. It is used by one client or, where tabs share it, by the leader of the tabs. */
export interface Connection {
  state(): ClientState;
  /** What is to be followed. */
  wanted(): Want;
  /** Where a new stream would resume, EPOCH-SEQ; null when it would start over. */
  position(): string | null;
  /** Whether a symbol or a series, by its key, is to be followed. */
  readonly uses: Lookup;
  /** What the server has refused: the codes by symbol, or by the key of a series. */
  refused(): ReadonlyMap<string, string>;
  /** Whether all quotes that are to be followed have come, but for what the server has refused. */
  complete(): boolean;
  /** Reads a message; null for what is none. */
  read(value: unknown): ServerMessage | null;
  readonly on: Emitter<ConnectionEvents>["on"];
  connect(): void;
  /** Closes the stream. `connect` takes it up again. */
  disconnect(): void;
  /** Closes the stream and forgets how far it has come: the tab goes on elsewhere. */
  abandon(): void;
  /** What is to be followed from now on. A pause with `hidden` closes the stream after a while. */
  want(want: Want): void;
  /** False when the message could not be sent. Nothing is queued: it would be old by then. */
  send(message: ClientMessage): boolean;
  /** Uses another transport from now on. A stream that is open is opened anew without an event. */
  use(transport: Transport): void;
  /** What it takes to follow anything. To be called before `connect`. */
  addSubscriptions(make: MakeSubscriptions): void;
  /** Follows bars and trades as well from now on. */
  addSeries(series: SeriesSubscriptions): void;
  /** Resumes at a position that another connection has reached for these symbols. To be called before `connect`. */
  resumeFrom(position: string, symbols: Iterable<string>): void;
  /** How long the server may be silent before the stream is taken for dead, in ms. */
  silence(): number;
  /** Tries again, or looks at the stream, since something happened: the network is back, the page is shown again. */
  wake(): void;
  /** The same, after a change of the network. */
  networkChanged(): void;
  /** Tries again at once, also in the phase `stopped`. */
  retryNow(): void;
}

const restAfter = 300_000; // ms: a hidden page gives its stream back after five minutes
const retryPause = 1000; // ms until a pause that the server has refused is sent again
const backlogLimit = 65_536; // bytes that may wait in a socket before more is sent

/** Makes a connection, which does nothing before `connect`. */
export function createConnection(options: ConnectionOptions): Connection {
  let subscriptions: Subscriptions; // set before the first stream
  let wanted = wantsNothing;
  let uses = createLookup(wanted);
  let duplex = true; // of the present stream
  let pauseSent = false; // on it
  let pauseId = 0; // of the last pause or resume, which is answered only if it was refused
  let pingId = 0; // of the ping after a resume: its answer comes after all that has changed, which may be nothing
  let resuming = false; // what has changed during a pause has not come yet
  let lastId = 0;

  const stream = createStream(options, {
    paused: () => wanted.paused,
    open(spoken, failed) {
      duplex = spoken;
      pauseSent = false;
      resuming = false;
      scheduleRest();
      return subscriptions.open(duplex, failed);
    },
    refused: () => subscriptions.halve(),
    read: (value) => subscriptions.read(value),
    opened: () => scheduleFlush(), // of what has been wanted since it was opened
    message(message, position) {
      // Another run of the server, found by a poll or by a stream that was opened anew: its snapshot is still to come.
      if (message.type === "hello" && stream.state().synced && message.epoch !== subscriptions.epoch()) {
        stream.set("open", { synced: false });
      }
      stream.emit("message", message);
      if (!stream.is("open")) return; // a listener has ended it
      const caughtUp = resuming && message.type === "pong" && message.id === pingId;
      const synced = subscriptions.apply(message, position, post) ?? (caughtUp ? { resumed: true } : null);
      if (!synced && "id" in message) scheduleFlush(); // what waits for answers, and what was refused
      if (message.type === "error" && (message.id === pauseId || message.id === pingId)) {
        if (message.id === pauseId) pauseSent = !pauseSent;
        pingId = 0;
        stream.after("pause", retryPause, syncPause);
      }
      if (!synced) return;
      resuming = false;
      stream.emit("synced", synced);
      stream.set("open", { synced: true });
      flush();
      syncPause();
    },
  });

  const post: Send = (message) => {
    const id = --lastId;
    return stream.send({ ...message, id } as ClientMessage) ? id : null;
  };

  /** Sends what has changed of what is wanted. While the socket is full it waits: that may be another set by then. */
  const flush = () => {
    const buffered = stream.buffered();
    if (buffered === null) return;
    const anew = !duplex || subscriptions.ambiguous();
    const wait = subscriptions.flush(anew || buffered > backlogLimit ? () => null : post);
    if (wait === null) return;
    if (anew) stream.open();
    else stream.after("flush", wait, flush);
  };
  /** One message for all changes of one task. A stream that must be opened anew waits for more of them. */
  const scheduleFlush = () => {
    if (stream.buffered() !== null) stream.after("flush", duplex ? 0 : 80, flush);
  };

  const rest = () => stream.end("resting");
  const scheduleRest = () => {
    if (!wanted.hidden || !stream.is("open", "connecting")) return;
    stream.after("rest", restAfter, () => {
      if (wanted.hidden && stream.is("open", "connecting")) rest();
    });
  };
  /** Sends `pause` or `resume` where the server does not know; a stream that cannot be sent to is closed instead. */
  const syncPause = () => {
    const { paused } = wanted;
    if (!(stream.state().synced || resuming)) return;
    if (!duplex) {
      if (paused) rest();
      return;
    }
    if (paused !== pauseSent) {
      const id = post({ type: paused ? "pause" : "resume" });
      if (id === null) return;
      pauseSent = paused;
      pauseId = id;
      pingId = 0;
    }
    if (resuming && !pingId) pingId = post({ type: "ping" }) ?? 0;
  };

  return {
    ...stream,
    position: () => subscriptions?.position() ?? null,
    refused: () => subscriptions?.refused ?? new Map(),
    complete: () => subscriptions.complete(),
    resumeFrom: (position, symbols) => subscriptions.resumeFrom(position, symbols),
    addSubscriptions(make) {
      subscriptions ??= make(options.now, options.random, () => {
        stream.emit("refused", new Map(subscriptions.refused));
      });
      subscriptions.want(wanted);
    },
    read: (value) => subscriptions.read(value),
    wanted: () => wanted,
    uses: (key) => uses(key),
    disconnect: () => stream.end("idle"),
    abandon() {
      stream.end("idle");
      this.want(wantsNothing);
    },
    want(next) {
      const { paused, hidden } = wanted;
      wanted = next;
      uses = createLookup(next);
      subscriptions?.want(next);
      scheduleFlush();
      if (!hidden) scheduleRest();
      if (paused === next.paused || stream.is("idle", "stopped")) return;
      if (next.paused && stream.is("waiting", "offline")) rest();
      else if (stream.is("resting")) stream.connect();
      else {
        resuming ||= pauseSent && !next.paused;
        stream.set(stream.state().phase, resuming ? { synced: false } : {}); // what is known may be minutes old
        syncPause();
        stream.wake();
      }
    },
    addSeries(series) {
      subscriptions.addSeries(series);
      scheduleFlush();
    },
    networkChanged() {
      stream.emit("network", null);
      stream.wake();
    },
    retryNow() {
      if (stream.is("waiting", "offline", "stopped")) stream.open();
    },
  };
}
