import type { Bar } from "tickertape-client";
import { dash, type Format } from "../../format.ts";

/** The bars of the table, and how they are written. */
export interface BarTableProps {
  readonly label: string;
  /** What the rows are, and how many. */
  readonly caption: string;
  /** Newest first. */
  readonly bars: readonly Bar[];
  readonly format: Format;
  readonly decimals: number;
  /** The exchange's time zone. */
  readonly zone: string;
  /** Bars of less than a day have a time, others a date. */
  readonly intraday: boolean;
}

/** The bars for those who cannot see the candles. */
export function BarTable({ label, caption, bars, format, decimals, zone, intraday }: BarTableProps) {
  const price = (value: number | undefined) => (value === undefined ? dash : format.price(value, decimals));
  return (
    <section
      class="bars"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      aria-label={label}
    >
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Start</th>
            <th scope="col">Open</th>
            <th scope="col">High</th>
            <th scope="col">Low</th>
            <th scope="col">Close</th>
            <th scope="col">Volume</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.time}>
              <th scope="row">{intraday ? format.clock(bar.time, zone) : format.tradingDay(bar.time, zone)}</th>
              <td>{price(bar.open)}</td>
              <td>{price(bar.high)}</td>
              <td>{price(bar.low)}</td>
              <td>{price(bar.close)}</td>
              <td>{format.volume(bar.volume)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
