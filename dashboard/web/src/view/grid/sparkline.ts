import type { RowView } from "../../columns/row.ts";
import type { Spark } from "../../model/spark.ts";
import { attribute } from "./dom.ts";

/** The units of the drawing, which is stretched to fit its cell. */
const [width, height] = [100, 24];

const namedEvery = 5000; // ms: the words for the drawing change no more often than they can be heard

const pricesOf = ({ points, last }: Spark): number[] => [
  ...points.map(([, price]) => price),
  ...(last === null ? [] : [last]),
];

/** The drawing in words: "Day: up 1.20%, low 187.10, high 190.42". */
export function sparkName(spark: Spark, { percent, row: { decimals }, format }: RowView): string {
  const prices = pricesOf(spark);
  const change = percent === null ? "" : `${percent < 0 ? "down" : "up"} ${format.percent(Math.abs(percent))}, `;
  const [low, high] = [Math.min(...prices), Math.max(...prices)].map((price) => format.price(price, decimals));
  return `Day: ${change.replace("+", "")}low ${low}, high ${high}`;
}

/** The SVG path through all prices, and the height of the reference price; null if there is nothing to draw. */
export function sparkPath(
  spark: Spark,
  reference: number | undefined,
): { readonly path: string; readonly level: number | null } | null {
  if (spark.missing !== "") return null;
  const prices = pricesOf(spark);
  let low = reference ?? Number.POSITIVE_INFINITY;
  let high = reference ?? Number.NEGATIVE_INFINITY;
  for (const price of prices) {
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  const span = high - low || 1;
  const y = (price: number) => Math.round((height - 2 - ((price - low) / span) * (height - 4)) * 10) / 10;
  const step = (width - 2) / (prices.length - 1);
  const path = prices.map((price, index) => `${Math.round((1 + index * step) * 10) / 10} ${y(price)}`).join("L");
  return { path: `M${path}`, level: reference === undefined ? null : y(reference) };
}

const create = (name: string, className: string) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  element.setAttribute("class", className);
  return element;
};

/**
 * The prices of a day, which have the colour of the change beside them, and the previous close as a thin line. It is SVG, since each
 * canvas is a layer of the browser's compositor: thirty of them cost more than all else on the page.
 */
export function createSparkline(cell: HTMLElement) {
  const svg = create("svg", "drawing");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-hidden", "true"); // as long as it is empty
  const level = create("path", "level");
  const line = create("path", "prices");
  svg.append(level, line);
  cell.append(svg);
  let shown = "";
  let named = { symbol: "", at: 0 };
  return {
    /** Says in words what is drawn. */
    name(spark: Spark | null, view: RowView): void {
      attribute(svg, "aria-hidden", String(!line.getAttribute("d")));
      const { symbol } = view.row;
      if (spark?.missing !== "" || (named.symbol === symbol && view.now - named.at < namedEvery)) return;
      named = { symbol, at: view.now };
      attribute(svg, "aria-label", sparkName(spark, view));
    },

    draw(spark: Spark | null, reference: number | undefined): void {
      const drawn = spark && sparkPath(spark, reference);
      const path = drawn?.path ?? "";
      const height = drawn?.level ?? null;
      const missing = spark?.missing ?? "";
      const next = `${path} ${height} ${missing}`;
      if (shown === next) return;
      shown = next;
      cell.title = missing;
      line.setAttribute("d", path);
      level.setAttribute("d", height === null ? "" : `M0 ${height}H${width}`);
    },
  };
}

/** A sparkline in a cell. */
export type Sparkline = ReturnType<typeof createSparkline>;
