import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPosition, parseMessage, parsePosition } from "./protocol.ts";

describe("messages", () => {
  test("what is known is read as it is", () => {
    const update = { type: "update", seq: 2, time: 3, quotes: [{ s: "A", p: 1.5, st: null }] };
    expect(parseMessage(JSON.stringify(update))).toEqual(update);
  });

  test.each([
    ["an unknown type", '{"type":"fireworks"}'],
    ["a type that is a property of every object", '{"type":"constructor"}'],
    ["no object", "[1]"],
    ["no JSON", "hello"],
    ["an update without quotes", '{"type":"update","seq":1,"time":1}'],
    ["a quote without a symbol", '{"type":"update","seq":1,"time":1,"quotes":[{"p":1}]}'],
    ["a hello without an epoch", '{"type":"hello","seq":1,"time":1}'],
  ])("%s is ignored", (_, text) => expect(parseMessage(text)).toBeNull());

  test("nothing that comes in makes it throw", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseMessage(text)));
  });
});

test("a position names the run and the flush", () => expect(formatPosition({ epoch: "k3x", seq: 12 })).toBe("k3x-12"));

test("a position that is none is none", () => {
  expect(parsePosition("k3x-12")).toEqual({ epoch: "k3x", seq: 12 });
  for (const text of ["", "k3x", "-1", "a b-1", "k-1.5", "k-"]) expect(parsePosition(text)).toBeNull();
});
