import { decimalsOf, type Entry } from "tickertape-client";

const fewest = 2;

/**
 * How many decimals the prices of a symbol are shown with: as many as any of them had, so that the point stays in
 * place.
 */
export function createDecimals() {
  const most = new Map<string, number>();
  return {
    /** `least` is what the symbol's record says. */
    of(symbol: string, entry: Entry | undefined, least = 0): number {
      let decimals = Math.max(fewest, most.get(symbol) ?? 0, least);
      const quote = entry?.quote;
      if (quote) {
        for (const price of [quote.p, quote.b, quote.a, quote.pc, quote.h, quote.l]) {
          if (price !== undefined) decimals = Math.max(decimals, decimalsOf(price));
        }
      }
      most.set(symbol, decimals);
      return decimals;
    },
  };
}
