import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessage } from "./codec.ts";

describe("messages", () => {
  test("what is known is read as it is", () => {
    const update = { type: "update", seq: 2, time: 3, quotes: [{ s: "A", p: 1.5, st: null }] };
    expect(readMessage(JSON.stringify(update))).toEqual(update);
  });

  test.each([
    ["an unknown type", '{"type":"fireworks"}'],
    ["a type that is a property of every object", '{"type":"constructor"}'],
    ["a type that is what every object is made of", '{"type":"__proto__"}'],
    ["no object", "[1]"],
    ["no JSON", "hello"],
    ["an update without quotes", '{"type":"update","seq":1,"time":1}'],
    ["a quote without a symbol", '{"type":"update","seq":1,"time":1,"quotes":[{"p":1}]}'],
    ["a hello without an epoch", '{"type":"hello","seq":1,"time":1}'],
  ])("%s is ignored", (_, text) => expect(readMessage(text)).toBeNull());

  test("what may be left out and is wrong is taken away, and so is a number that is too large", () => {
    const text =
      '{"type":"update","seq":2,"time":3,"more":1,"quotes":[{"s":"A","p":1e999,"b":null,"st":7,"a":2,"new":[]}]}';
    expect(readMessage(text)).toEqual({
      ...{ type: "update", seq: 2, time: 3 },
      quotes: [{ s: "A", b: null, a: 2, new: [] }],
    });
  });

  test("nothing that comes in makes it throw", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readMessage(text)));
  });
});
