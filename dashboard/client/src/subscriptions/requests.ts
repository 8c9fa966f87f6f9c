import { isGroup } from "../interest/want.ts";
import type { ErrorMessage } from "../protocol/messages.ts";
import { parts } from "./asked.ts";
import type { Request, Requests } from "./contract.ts";
import { createRefusals, isTemporary } from "./refusals.ts";

const atOnce = 8; // requests without an answer: a server closes a stream after twenty that it has refused in a row

/** Makes the requests of a stream. `changed` is called when more or less is refused. For the subscriptions. */
export function createRequests(now: () => number, random: () => number, changed: () => void) {
  const refusals = createRefusals(now, random, changed);
  const pending = new Map<number, Request>();
  const free = () => refusals.held() <= 0 && pending.size < (refusals.doubt() ? 1 : atOnce);

  const requests: Requests = {
    ...refusals,
    parts,
    free,
    next(kind, keys) {
      if (!free()) return [];
      const rest = keys.filter((key) => !refusals.refused.has(key)); // by themselves: what was refused may spoil them
      return refusals.next(kind, rest.length ? rest : keys, pending.size);
    },
    send(send, message, request) {
      // A ping is answered, so that refusals do not come in a row.
      if (refusals.doubt()) send({ type: "ping" });
      const id = send(message);
      if (id !== null) pending.set(id, request);
      return id !== null;
    },
  };
  return {
    ...requests,

    /** Forgets what is not wanted any more. */
    prune: (wanted: (key: string) => boolean) => refusals.forget((key) => !wanted(key)),

    /** A stream opens, on which nothing has been asked for. */
    open(): void {
      pending.clear();
      refusals.open();
    },

    /**
     * Its query asks for these symbols. `alone`: nothing can be sent after it, so what is refused cannot be asked for in
     * parts. Then its lists are refused, if it has any: the server refuses a stream for nothing else.
     */
    query(symbols: readonly string[], alone: boolean, undo: () => void): void {
      const lists = alone ? symbols.filter(isGroup) : [];
      const keys = lists.length ? lists : symbols;
      if (keys.length) pending.set(0, { kind: "symbols", keys, snapshot: true, whole: alone, undo }); // its answer has no id
    },

    /** The request that a message answers; undefined where it answers none of these. */
    answered(message: { readonly id?: number; readonly type: string }): Request | undefined {
      const { id = 0 } = message;
      const request = pending.get(id);
      pending.delete(id);
      if (request && message.type === "error") {
        const error = message as ErrorMessage;
        if (request.keys.length || isTemporary(error.code)) request.undo();
        refusals.refuse(request, error);
      } else if (request) refusals.grant(request);
      return request;
    },
  };
}
