import {
  CandlestickSeries,
  ColorType,
  createChart,
  HistogramSeries,
  type IChartApi,
  LineStyle,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "tickertape-client";
import type { Format } from "../../format.ts";

/** Where the chart is drawn, and how numbers and times are written in it. */
export interface ChartOptions {
  readonly host: HTMLElement;
  readonly format: Format;
  readonly decimals: number;
  /** The exchange's time zone. */
  readonly zone: string;
  /** Bars are shorter than a day, so that the axis has times rather than dates. */
  readonly intraday: boolean;
}

// With more bars, the canvas misses frames. Old ones are dropped when there are one and a half times as many.
const mostBars = 5000;

type Drawn = Bar & { readonly open: number; readonly high: number; readonly low: number; readonly close: number };

const hasPrices = (bar: Bar): bar is Drawn =>
  bar.open !== undefined && bar.high !== undefined && bar.low !== undefined && bar.close !== undefined;

const timeOf = (bar: Bar) => (bar.time / 1000) as UTCTimestamp;

/** The colours of the theme that apply to the element. */
function coloursOf(host: HTMLElement) {
  const style = getComputedStyle(host);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: colour("--quiet"),
    line: colour("--line"),
    up: colour("--up"),
    down: colour("--down"),
    upVolume: colour("--up-tint"),
    downVolume: colour("--down-tint"),
    font: style.fontFamily,
  };
}

/** Candles with their volume. A rise is drawn hollow, so that the direction needs no colour. */
export function createPriceChart({ host, format, decimals, zone, intraday }: ChartOptions) {
  let colours = coloursOf(host);
  let newest = Number.NEGATIVE_INFINITY;
  let count = 0;

  const millis = (time: Time) => Number(time) * 1000;
  const chart: IChartApi = createChart(host, {
    autoSize: true,
    // The logo adds a style element, which the content security policy forbids. The link is below the chart.
    layout: { attributionLogo: false, fontSize: 11 },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.24 } },
    timeScale: {
      borderVisible: false,
      timeVisible: intraday,
      secondsVisible: false,
      rightOffset: 3,
      tickMarkFormatter: (time: Time, type: TickMarkType) =>
        !intraday
          ? format.tradingDay(millis(time), zone)
          : type < TickMarkType.Time
            ? format.day(millis(time), zone)
            : type === TickMarkType.TimeWithSeconds
              ? format.clock(millis(time), zone)
              : format.minute(millis(time), zone),
    },
    localization: {
      priceFormatter: (price: number) => format.price(price, decimals),
      timeFormatter: (time: Time) =>
        intraday ? format.moment(millis(time), zone) : format.tradingDate(millis(time), zone),
    },
    handleScale: { axisPressedMouseMove: { time: true, price: true } },
  });
  const candles = chart.addSeries(CandlestickSeries, {
    lastValueVisible: false,
    priceLineVisible: false,
    priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals },
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "custom", formatter: format.volume, minMove: 1 },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });

  const paint = () => {
    chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: "transparent" },
        textColor: colours.text,
        fontFamily: colours.font,
      },
      grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
    });
    candles.applyOptions({
      upColor: "transparent",
      downColor: colours.down,
      borderUpColor: colours.up,
      borderDownColor: colours.down,
      wickUpColor: colours.up,
      wickDownColor: colours.down,
    });
  };

  const level = candles.createPriceLine({ price: 0, lineWidth: 1, lineStyle: LineStyle.Dotted, lineVisible: false });
  const showLevel = (bar: Drawn | undefined) => {
    if (!bar) return;
    const color = bar.close >= bar.open ? colours.up : colours.down;
    level.applyOptions({ price: bar.close, color, axisLabelColor: color, lineVisible: true, axisLabelVisible: true });
  };

  const volumeOf = (bar: Drawn) => ({
    time: timeOf(bar),
    value: bar.volume,
    color: bar.close >= bar.open ? colours.upVolume : colours.downVolume,
  });
  const candleOf = (bar: Drawn) => ({
    time: timeOf(bar),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
  });

  const set = (bars: readonly Bar[]) => {
    const drawn = bars.slice(-mostBars).filter(hasPrices);
    candles.setData(drawn.map(candleOf));
    volume.setData(drawn.map(volumeOf));
    newest = drawn.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    count = drawn.length;
    showLevel(drawn.at(-1));
  };

  const scroll = (share: number) => {
    const range = chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const by = (range.to - range.from) * share;
    chart.timeScale().setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  };

  paint();
  return {
    /** Draws these and no others, oldest first. */
    set,

    /** Draws bars that are new or have changed. `all` is called if an older bar has changed, or there are too many. */
    update(changes: readonly Bar[], all: () => readonly Bar[]): void {
      if (count > 1.5 * mostBars || changes.some((bar) => !hasPrices(bar) || bar.time < newest)) {
        set(all());
        return;
      }
      const drawn = changes.filter(hasPrices);
      for (const bar of drawn) {
        candles.update(candleOf(bar));
        volume.update(volumeOf(bar));
        if (bar.time > newest) count++;
        newest = bar.time;
      }
      showLevel(drawn.at(-1));
    },

    /** Draws all bars in the colours of another theme. */
    restyle(all: readonly Bar[]): void {
      colours = coloursOf(host);
      paint();
      set(all);
    },

    zoom(factor: number): void {
      const range = chart.timeScale().getVisibleLogicalRange();
      if (!range) return;
      chart.timeScale().setVisibleLogicalRange({ from: range.to - (range.to - range.from) * factor, to: range.to });
    },
    scroll,
    toEnd: (): void => chart.timeScale().scrollToRealTime(),

    close: (): void => chart.remove(),
  };
}

/** A chart of candles in an element. */
export type PriceChart = ReturnType<typeof createPriceChart>;
