import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Quote, QuotePatch } from "../protocol/messages.ts";
import { createBoard, mergeQuote } from "./board.ts";

const snapshot = (seq: number, ...quotes: Quote[]) => ({ type: "snapshot" as const, seq, time: 0, quotes });
const update = (seq: number, ...quotes: QuotePatch[]) => ({ type: "update" as const, seq, time: 0, quotes });

const started = (epoch = "e") => {
  const board = createBoard(() => true, Date.now);
  board.unconfirm(epoch);
  return { board };
};

describe("merging", () => {
  test("takes what is named, removes what is null, keeps the rest", () => {
    expect(mergeQuote({ s: "A", p: 1, st: "halted", v: 5 }, { s: "A", p: 2, st: null })).toEqual({
      s: "A",
      p: 2,
      v: 5,
    });
  });

  const patch = fc.record(
    {
      p: fc.option(fc.integer(), { nil: null }),
      b: fc.option(fc.integer(), { nil: null }),
      v: fc.option(fc.integer(), { nil: null }),
      st: fc.option(fc.constantFrom("stale", "halted"), { nil: null }),
    },
    { requiredKeys: [] },
  );

  test("law: merging one patch after the other is merging the later over the earlier", () => {
    fc.assert(
      fc.property(patch, patch, patch, (base, first, second) => {
        const quote = mergeQuote({ s: "A" }, { s: "A", ...base });
        const oneByOne = mergeQuote(mergeQuote(quote, { s: "A", ...first }), { s: "A", ...second });
        expect(oneByOne).toEqual(mergeQuote(quote, { s: "A", ...first, ...second }));
      }),
    );
  });

  test("law: messages of any order and repetition end in the newest state", () => {
    const messages = fc.array(fc.record({ seq: fc.integer({ min: 1, max: 20 }), p: fc.integer() }), { minLength: 1 });
    fc.assert(
      fc.property(messages, (list) => {
        const { board } = started();
        let newest = 0;
        let price = 0;
        for (const { seq, p } of list) {
          board.apply(snapshot(seq, { s: "A", p }));
          if (seq >= newest) {
            newest = seq;
            price = p;
          }
          expect(board.get("A")?.seq).toBe(newest);
          expect(board.get("A")?.quote.p).toBe(price);
        }
      }),
    );
  });
});

describe("board", () => {
  test("an older update is ignored", () => {
    const { board } = started();
    board.apply(snapshot(5, { s: "A", p: 1 }));
    board.changed.clear();
    board.apply(update(4, { s: "A", p: 9 }));
    expect(board.get("A")?.quote.p).toBe(1);
    expect(board.changed.size).toBe(0);
  });

  test("a snapshot replaces: keys that it does not have are gone", () => {
    const { board } = started();
    board.apply(snapshot(5, { s: "A", p: 1, st: "halted" }));
    board.apply(snapshot(6, { s: "A", p: 2 }));
    expect(board.get("A")?.quote).toEqual({ s: "A", p: 2 });
  });

  test("the first update of a symbol without a quote makes one", () => {
    const { board } = started();
    board.apply(update(6, { s: "A", p: 2 }));
    expect(board.get("A")?.quote).toEqual({ s: "A", p: 2 });
  });

  test("a price is not confirmed between a new connection and its first message", () => {
    const { board } = started();
    board.apply(snapshot(5, { s: "A", p: 1 }, { s: "B", p: 1 }));
    board.complete(false);
    board.unconfirm("e");
    expect(board.get("A")?.confirmed).toBe(false);
    board.apply(snapshot(7, { s: "A", p: 2 }));
    expect(board.get("A")?.confirmed).toBe(true);
    expect(board.get("B")?.confirmed).toBe(false);
    board.complete(true);
    expect(board.get("B")?.confirmed).toBe(true);
  });

  test("another run of the server starts its own count, and what it does not have goes", () => {
    const { board } = started("one");
    board.apply(snapshot(900, { s: "A", p: 1 }, { s: "B", p: 1 }));
    board.complete(false);
    board.unconfirm("two");
    board.apply(update(901, { s: "A", p: 7 })); // cannot be merged into another run's quote
    expect(board.get("A")?.quote.p).toBe(1);
    board.apply(snapshot(3, { s: "A", p: 2 }));
    board.complete(false);
    expect(board.get("A")?.quote.p).toBe(2);
    expect(board.get("B")).toBeUndefined();
  });

  test("keeps the last move of the price until it moves again", () => {
    const { board } = started();
    board.apply(snapshot(1, { s: "A", p: 10 }));
    expect(board.get("A")?.tick).toBe(0);
    board.apply(update(2, { s: "A", p: 11 }));
    expect(board.get("A")?.tick).toBe(1);
    board.apply(update(3, { s: "A", v: 5 }));
    expect(board.get("A")?.tick).toBe(1);
    board.apply(update(4, { s: "A", p: 10.5 }));
    expect(board.get("A")?.tick).toBe(-1);
  });

  test("drops what is not followed", () => {
    const board = createBoard((symbol) => symbol === "A", Date.now);
    board.unconfirm("e");
    board.apply(update(1, { s: "B", p: 1 }));
    board.apply(snapshot(1, { s: "B", p: 1 }));
    expect([...board.symbols()]).toEqual([]);
  });
});
