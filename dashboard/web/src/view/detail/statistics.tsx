import { rangePosition } from "../../columns/range.ts";
import type { RowView } from "../../columns/row.ts";
import { dash } from "../../format.ts";

/** What else is known of the session. */
export function Statistics({ view: { row, quote, format } }: { readonly view: RowView }) {
  const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, row.decimals));
  const { o, h, l, pc, v, vw, n, z } = quote;
  const statistics: readonly (readonly [name: string, value: string])[] = [
    ["Open", price(o)],
    ["High", price(h)],
    ["Low", price(l)],
    ["Previous close", price(pc)],
    ["Volume", v === undefined ? dash : format.volume(v)],
    ["VWAP", price(vw)],
    ["Trades", n === undefined ? dash : format.count(n)],
    ["Last size", z === undefined ? dash : format.size(z)],
  ];
  const position = rangePosition(quote);
  return (
    <dl class="statistics">
      {statistics.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div class="range-row">
        <dt>Day range</dt>
        <dd>
          <span>{price(l)}</span>
          <span class="track">{position !== null && <span class="at" style={{ "--at": position.toFixed(3) }} />}</span>
          <span>{price(h)}</span>
        </dd>
      </div>
    </dl>
  );
}
