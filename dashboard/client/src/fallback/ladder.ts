import type { Connection } from "../connection/connection.ts";
import type { Transport } from "../transport/transport.ts";
import type { Memory } from "./memory.ts";

const fallbackLasts = 600_000; // ms until the best transport is tried again
const retryWhileClosed = 60_000; // ms to wait with that while there is no open stream to go back to
const trialLasts = 5000; // ms for the best transport to send a message

/**
 * The transports of a connection, the best first: where it goes down when one is blocked, and how it comes up again.
 * `reachable` asks whether the server answers to a plain request; `memory` keeps a fallback for the next page.
 */
export function createLadder(
  connection: Connection,
  transports: readonly [Transport, ...Transport[]],
  reachable: () => Promise<boolean>,
  now: () => number,
  memory?: Memory,
) {
  const [best] = transports;
  let until = 0; // when the best is tried again
  let timer: ReturnType<typeof setTimeout> | undefined;
  let endTrial: (() => void) | null = null;
  let again = false; // the transport that seems blocked is tried once more

  const low = () => connection.state().transport !== best.name;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    endTrial?.();
  };
  const wait = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(climb, ms);
  };
  const stay = () => {
    until = now() + fallbackLasts;
    memory?.save({ transport: connection.state().transport, until });
    wait(fallbackLasts);
  };
  const goUp = () => {
    stop();
    memory?.save(null);
    connection.use(best);
  };

  /** Tries the best transport beside the stream that works, and changes to it only when it has sent a message. */
  const climb = () => {
    if (!low()) return;
    if (connection.state().phase !== "open" || connection.state().paused) {
      wait(retryWhileClosed);
      return;
    }
    const finish = (works: boolean) => {
      if (!endTrial) return;
      endTrial();
      if (!low()) return;
      if (works) goUp();
      else stay();
    };
    const late = setTimeout(finish, trialLasts, false);
    const trial = best.open(
      { symbols: best.duplex ? [] : connection.wanted().symbols.slice(0, 1), since: null },
      {
        message(value) {
          if (connection.read(value)) finish(true);
          return null;
        },
        closed: () => finish(false),
      },
    );
    endTrial = () => {
      endTrial = null;
      clearTimeout(late);
      trial.close();
    };
  };

  connection.on("state", ({ phase }) => {
    if (phase === "open") again = false;
    if (phase === "idle") stop();
    else if (low() && timer === undefined && !endTrial) wait(Math.max(0, until - now()));
  });
  connection.on("fallback", stay);
  connection.on("network", () => {
    if (low() && connection.state().phase !== "open") goUp();
  });

  return {
    /** The transport to begin with: the fallback of not long ago, else the best. */
    first(): Transport {
      const remembered = memory?.load();
      if (!remembered || remembered.until <= now()) {
        memory?.save(null); // so that the next page need not load this chunk
        return best;
      }
      ({ until } = remembered);
      return transports.find(({ name }) => name === remembered.transport) ?? best;
    },

    /**
     * The transport to use in place of one that seems blocked; null when there is none left, or when the server cannot
     * be reached, since then no transport is blocked. `proven`: it is the last that worked.
     */
    async next(blocked: Transport, proven: boolean): Promise<Transport | null> {
      // One that has worked before is tried once more: perhaps the server has just come back.
      const there = await reachable();
      again = there && proven && !again;
      if (again) return blocked;
      return there ? (transports[transports.indexOf(blocked) + 1] ?? null) : null;
    },
  };
}

/** The transports of a connection. */
export type Ladder = ReturnType<typeof createLadder>;
