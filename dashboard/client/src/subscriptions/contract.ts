import type { Series, Want } from "../interest/want.ts";
import type { BarsMessage, ClientMessage, ServerMessage, TradesMessage } from "../protocol/messages.ts";
import type { Synced } from "../state.ts";
import type { StreamRequest } from "../transport/transport.ts";

/**
 * Sends a message with an id, which it returns; null when it could not be sent. The ids are negative, so that they
 * differ from those that a program gives to its own messages.
 */
export type Send = (message: {
  readonly type: ClientMessage["type"];
  readonly [key: string]: unknown;
}) => number | null;

/** What a server allows only so many of. */
export type Kind = "symbols" | "series";

/** A request that the server answers. */
export interface Request {
  readonly kind: Kind;
  /** The symbols, or the keys of the series, that it asks for; none where it gives some up or is about options. */
  readonly keys: readonly string[];
  /** A snapshot comes after the answer. */
  readonly snapshot?: boolean;
  /** It cannot be sent again in parts: when it is refused, so are all of its keys. */
  readonly whole?: boolean;
  /** It was refused: what it was about has not been asked for. */
  readonly undo: () => void;
}

/** The requests of the present stream that have no answer yet, and what the server has refused. */
export interface Requests {
  /** What is refused: the codes by symbol, or by the key of a series. */
  readonly refused: ReadonlyMap<string, string>;
  /** Whether another request may be sent before one is answered. */
  free(): boolean;
  /** How long nothing may be sent, in ms; 0 or less for now. */
  held(): number;
  /** Of these, what to ask for next in one message; none while an answer or a delay is to be waited for. */
  next(kind: Kind, keys: readonly string[]): readonly string[];
  /** How long what is left of a kind has to wait, in ms; null when nothing but an answer or room can help. */
  wait(kind: Kind, left: readonly string[]): number | null;
  /** So many of a kind have been given up. */
  room(kind: Kind, size: number): void;
  /** Names in lists that are short enough for one message each. */
  parts<T>(names: readonly T[]): readonly (readonly T[])[];
  /** Sends a request; false when it could not be sent. */
  send(send: Send, message: Parameters<Send>[0], request: Request): boolean;
  /** A stream that takes no messages has been asked for some series, and could not be for those that are `left`. */
  allot(granted: Iterable<string>, left: readonly string[]): void;
}

/** The part of the subscriptions that is about bars and trades. It is in series/, which is loaded when it is needed. */
export interface SeriesSubscriptions {
  /** A position is known for every series that is wanted. */
  settled(): boolean;
  /** What is wanted from now on. */
  want(series: readonly Series[]): void;
  /** A stream opens: the series to put into its query, which are none where they can be sent later. */
  open(duplex: boolean, requests: Requests): readonly Series[];
  /** The server has refused a stream for its series: the next one is asked for half of them. */
  halve(): void;
  /** Notes the position after a message. */
  apply(message: BarsMessage | TradesMessage, epoch: string): void;
  /** Sends what the server does not know yet. Returns after how many ms to go on, or null. */
  flush(requests: Requests, send: Send, epoch: string): number | null;
}

/**
 * What is wanted, what the server has been asked for on the present stream, and how far it has come. It is in
 * subscriptions/, which each client loads before it connects.
 */
export interface Subscriptions {
  /** Reads a message: its text, or an object that is one. Null for what is none, which is to be ignored. */
  readonly read: (value: unknown) => ServerMessage | null;
  /** The run of the server that the stream is of; "" before the first `hello`. */
  epoch(): string;
  /** Where a new stream can resume, EPOCH-SEQ; null where it must start over. */
  position(): string | null;
  /** Whether all quotes that are wanted have come, but for what was refused. */
  complete(): boolean;
  /** Only a new stream can be asked for what is wanted: something has gone that may also be in a list which has not. */
  ambiguous(): boolean;
  /** What is wanted from now on. */
  want(next: Want): void;
  /** Follows bars and trades as well from now on. */
  addSeries(ledger: SeriesSubscriptions): void;
  /** Resumes at a position that another connection has reached for these symbols. */
  resumeFrom(from: string, names: Iterable<string>): void;
  /** What the server has refused: the codes by symbol, or by the key of a series. */
  readonly refused: ReadonlyMap<string, string>;
  /** A stream was refused for the number of its series: the next one is asked for fewer. */
  halve(): void;
  /**
   * A stream opens: what to ask it for. `spoken` is whether it can be asked for more later; if the last one has `failed`,
   * its query may have been why.
   */
  open(spoken: boolean, failed: boolean): StreamRequest;
  /**
   * Takes in a message and, from transports that send one, the resume position after it. Returns an object when
   * everything that was asked for at the start of the stream has come. `hello` may come again: a poll has found another
   * run of the server then.
   */
  apply(message: ServerMessage, marked: string | undefined, send: Send): Synced | null;
  /**
   * Sends what the server does not know yet. Returns after how many ms to go on, or null. Nothing is sent before the
   * first snapshots have come.
   */
  flush(send: Send): number | null;
}

/** Makes the subscriptions of a connection, which wants nothing yet. `changed` is called when more or less is refused. */
export type MakeSubscriptions = (now: () => number, random: () => number, changed: () => void) => Subscriptions;
