import { beforeEach, expect, test, vi } from "vitest";
import { createFormat } from "../../format.ts";
import { createPriceChart } from "./pricechart.ts";

/** What a series of the library has been told. */
const makeSeries = () => ({
  setData: vi.fn(),
  update: vi.fn(),
  applyOptions: vi.fn(),
  createPriceLine: () => ({ applyOptions: vi.fn() }),
});
const library = vi.hoisted(() => ({ createChart: vi.fn() }));
vi.mock("lightweight-charts", () => ({
  ...library,
  CandlestickSeries: "candles",
  HistogramSeries: "volume",
  ColorType: { Solid: "solid" },
  LineStyle: { Dotted: 1 },
  TrackingModeExitMode: { OnTouchEnd: 0 },
  TickMarkType: { Time: 3, TimeWithSeconds: 4 },
}));

let candles: ReturnType<typeof makeSeries>;
const style = { format: createFormat({ locale: "en-US" }), decimals: 2, zone: "UTC", interval: "1m" };
const bar = (time: number, price: number | undefined, trades = 1) => ({
  time,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 1,
  trades,
  vwap: price,
  extended: false,
});

const setup = () => {
  candles = makeSeries();
  const volume = makeSeries();
  const options = vi.fn();
  library.createChart.mockReturnValue({
    addSeries: (kind: string) => (kind === "candles" ? candles : volume),
    applyOptions: options,
    priceScale: () => ({ applyOptions() {}, setAutoScale() {} }),
    timeScale: () => ({ applyOptions() {}, scrollToPosition() {} }),
    remove() {},
  });
  const chart = createPriceChart({} as HTMLElement, style);
  const bars = Array.from({ length: 5000 }, (_, i) => bar(i * 60_000, i));
  chart.set(bars);
  candles.setData.mockClear();
  return { chart, bars, options };
};

beforeEach(() => void vi.stubGlobal("getComputedStyle", () => ({ getPropertyValue: () => "", fontFamily: "" })));

test("one late bar is drawn alone", () => {
  const { chart, bars } = setup();
  const all = vi.fn(() => bars);
  chart.update([bar(60_000, 7), bar(5000 * 60_000, 8)], all);
  expect(all).not.toHaveBeenCalled();
  expect(candles.setData).not.toHaveBeenCalled();
  expect(candles.update.mock.calls).toEqual([
    [{ time: 60, open: 7, high: 7, low: 7, close: 7 }, true],
    [{ time: 300_000, open: 8, high: 8, low: 8, close: 8 }, false],
  ]);
});

test("a bar that comes between those that are drawn, or has gone, needs all of them", () => {
  const { chart, bars } = setup();
  chart.update([bar(90_000, 7)], () => bars);
  expect(candles.setData).toHaveBeenCalledTimes(1);
  chart.update([bar(120_000, undefined, 0)], () => bars);
  expect(candles.setData).toHaveBeenCalledTimes(2);
  chart.update([bar(150_000, undefined, 3)], () => bars); // of odd lots: it has no candle
  expect(candles.setData).toHaveBeenCalledTimes(2);
});

test("numbers and times are written in another way by the same chart, without its bars", () => {
  const { chart, options } = setup();
  library.createChart.mockClear();
  options.mockClear();
  chart.write({ ...style, decimals: 4, interval: "1s" });
  expect(library.createChart).not.toHaveBeenCalled();
  expect(candles.setData).not.toHaveBeenCalled();
  const [written] = options.mock.lastCall ?? [];
  expect(written.timeScale).toMatchObject({ timeVisible: true, secondsVisible: true });
  expect(written.localization.priceFormatter(1.5)).toBe("1.5000");
});
