import { describe, expect, test } from "vitest";
import { formatList, parseList, withoutExchange } from "./listtext.ts";

describe("a list as text", () => {
  test("is read as it is written, however it is separated, each symbol once", () => {
    const text = '\uFEFF# My tech\r\naapl, MSFT;nvda\tBRK.B\n\n"BTC-USD" aapl # the best\n^GSPC';
    expect(parseList(text)).toEqual({
      symbols: ["aapl", "MSFT", "nvda", "BRK.B", "BTC-USD", "^GSPC"],
      invalid: [],
    });
  });

  test("says what cannot be a symbol", () => {
    expect(parseList("AAPL <b> ☂ --")).toEqual({ symbols: ["AAPL"], invalid: ["<b>", "☂", "--"] });
  });

  test("keeps an exchange, which can be taken away", () => {
    expect(parseList("NYSE:IBM").symbols).toEqual(["NYSE:IBM"]);
    expect(withoutExchange("NYSE:IBM")).toBe("IBM");
    expect(withoutExchange("IBM")).toBeNull();
  });

  test("comes back as it was written", () => {
    const list = { name: "Mine", symbols: ["A", "BRK.B"] };
    expect(parseList(formatList(list)).symbols).toEqual(list.symbols);
  });
});
