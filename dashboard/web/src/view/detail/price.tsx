import { changePercent } from "tickertape-client";
import { adjustedText } from "../../columns/adjusted.ts";
import { agingAfter, type RowView, stateName } from "../../columns/row.ts";
import { age, dash } from "../../format.ts";

/** The price, and what is known about it. */
export interface PriceProps {
  readonly view: RowView;
  /** The currency and the source. */
  readonly origin: string;
}

/** The last price, what it has moved by, whether it is live, and the price outside the session. */
export function Price({ view, origin }: PriceProps) {
  const { row, quote, state, change, percent, format, now } = view;
  const { decimals, zone, entry } = row;
  const { p, t, x, xt } = quote;
  const old = view.age >= agingAfter[0] || state !== "live";
  const adjusted = adjustedText(quote);
  const extended = x === undefined || p === undefined ? null : changePercent(x, p);
  /** When the price was made. That of a recording has no age. */
  const standing = () => {
    if (row.replayed) return t !== undefined && format.moment(t / 1000, zone);
    if (old) return `${age(view.age, false)} old`;
    return t !== undefined && `${format.time(t / 1000, zone, now)}, ${age(view.age)} ago`;
  };
  return (
    <div class="now">
      <p class="big">{p === undefined ? dash : format.price(p, decimals)}</p>
      <p class="move">
        {change === undefined ? dash : format.change(change, decimals)}{" "}
        <span>{percent === null ? "" : format.percent(percent)}</span>
      </p>
      <p class="standing">
        <span class="word">{stateName(state, row, quote)}</span>
        {entry && standing()}
        <span class="from">{origin}</span>
      </p>
      {adjusted !== "" && <p class="adjusted">{adjusted}</p>}
      {quote.why === "in doubt" && (
        <p class="doubt">
          The price has moved overnight as if there had been a split, but none is known. Change and charts may mislead.
        </p>
      )}
      {x !== undefined && (
        <p class="extended-hours">
          Outside the session {format.price(x, decimals)} {extended === null ? "" : format.percent(extended)}
          {xt === undefined ? "" : `, ${format.time(xt / 1000, zone, now)}`}
        </p>
      )}
    </div>
  );
}
