import fc from "fast-check";
import { expect, test } from "vitest";
import { readAddress } from "./address.ts";
import { parseList } from "./listtext.ts";
import { formatAddress, formatList } from "./sharing.ts";

/** The rule of CheckSymbol in feed/market/symbol.go. */
const isAllowed = (symbol: string) =>
  /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(symbol) &&
  !/[,"\\]|^\*$|^#/.test(symbol) &&
  new TextEncoder().encode(symbol).length <= 32;
const unit = fc.oneof(fc.constantFrom(..."AaÉ9#;|'&+%!*:.<-☂日"), fc.string({ unit: "grapheme", maxLength: 1 }));
const symbols = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 8 }).filter(isAllowed), { maxLength: 10 });

test("a list as text has all symbols that a server may have", () => {
  fc.assert(
    fc.property(symbols, (list) => {
      expect(parseList(formatList({ name: "Mine # and more", symbols: list }))).toEqual({ symbols: list, invalid: [] });
    }),
  );
  expect(formatList({ name: "Mine", symbols: ["A", "A;B"] })).toBe('# Mine\nA\n"A;B"\n');
});

test("an address has all symbols that a server may have", () => {
  fc.assert(
    fc.property(symbols, (list) => {
      const url = formatAddress("http://host/", { symbols: list, name: null, sort: undefined });
      expect(readAddress(new URL(url).search).symbols ?? []).toEqual(list);
    }),
  );
});

test("an address comes back as it was made", () => {
  const shown = {
    symbols: ["AAPL", "BRK.B", "^GSPC"],
    name: "Tech & more",
    sort: { column: "percent", direction: "descending" },
  } as const;
  const url = formatAddress("http://host/prices/?s=OLD#AAPL", shown);
  expect(url).toBe("http://host/prices/?s=AAPL,BRK.B,%5EGSPC&list=Tech%20%26%20more&sort=-percent");
  expect(readAddress(new URL(url).search)).toEqual(shown);
  expect(formatAddress(url, { symbols: null, name: null, sort: undefined })).toBe("http://host/prices/");
  expect(formatAddress(url, { symbols: ["*"], name: null, sort: undefined })).toBe("http://host/prices/?s=*");
});
