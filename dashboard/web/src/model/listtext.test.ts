import { describe, expect, test } from "vitest";
import { parseList, withoutExchange } from "./listtext.ts";

describe("a list as text", () => {
  test("is read as it is written, however it is separated, each symbol once", () => {
    const text = '\uFEFF# My tech\r\naapl, MSFT;nvda\tBRK.B\n\n"BTC-USD" aapl # the best\n^GSPC';
    expect(parseList(text)).toEqual({
      symbols: ["aapl", "MSFT", "nvda", "BRK.B", "BTC-USD", "^GSPC"],
      invalid: [],
    });
  });

  test("has the symbols that the server allows, and comments where they begin a line or follow a space", () => {
    const symbols = ["M&M", "ES1!", "A+B", "A#B", "<b>", "--", "o'b", "日経"];
    expect(parseList(`#comment\n${symbols.join(",")}\t# A\n  #B`)).toEqual({ symbols, invalid: [] });
    expect(parseList('"A;B";C|D,\'E\' "F\nG"H')).toEqual({
      symbols: ["A;B", "C", "D", "E", "F"],
      invalid: ['G"H'],
    });
  });

  test("says what cannot be a symbol", () => {
    const long = `A${"é".repeat(16)}`; // 33 bytes
    expect(parseList(`AAPL * x,#tech A\\B A\u200BB ${long}`)).toEqual({
      symbols: ["AAPL", "x"],
      invalid: ["*", "#tech", "A\\B", "A\u200BB", long],
    });
  });

  test("keeps an exchange, which can be taken away", () => {
    expect(parseList("NYSE:IBM").symbols).toEqual(["NYSE:IBM"]);
    expect(withoutExchange("NYSE:IBM")).toBe("IBM");
    expect(withoutExchange("IBM")).toBeNull();
    expect(withoutExchange("NYSE:")).toBeNull();
  });
});
