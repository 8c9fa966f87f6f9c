import type { RowView } from "../../columns/row.ts";
import { spreadOf } from "../../columns/spread.ts";
import { dash } from "../../format.ts";

/** The best bid and ask with their sizes, and the spread between them. */
export function Book({ view: { row, quote, format } }: { readonly view: RowView }) {
  const { decimals } = row;
  const { b, bz, a, az } = quote;
  const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, decimals));
  const size = (value: number | undefined) => (value === undefined ? "" : format.size(value));
  const depth = bz !== undefined && az !== undefined && bz + az > 0 ? bz / (bz + az) : null;
  const spread = spreadOf(b, a);
  const middle = b !== undefined && a !== undefined ? (b + a) / 2 : 0;
  const points = spread !== null && middle > 0 ? `, ${format.price((spread / middle) * 10_000, 1)} bps` : "";
  return (
    <div class="book">
      <div class="side">
        <span class="label">Bid</span>
        <b>{price(b)}</b>
        <span class="size">{size(bz)}</span>
      </div>
      <div class="side ask">
        <span class="label">Ask</span>
        <b>{price(a)}</b>
        <span class="size">{size(az)}</span>
      </div>
      {depth === null ? (
        <div class="depth" data-known={false} />
      ) : (
        <div
          class="depth"
          data-known={true}
          role="img"
          aria-label={`Of the size at both, ${Math.round(depth * 100)} % is at the bid`}
          title="Size at the bid against size at the ask"
        >
          <span style={{ width: `${(depth * 100).toFixed(1)}%` }} />
        </div>
      )}
      <p class="gap">{spread === null ? "" : `Spread ${format.price(spread, decimals)}${points}`}</p>
    </div>
  );
}
