import {
  CandlestickSeries,
  ColorType,
  createChart,
  HistogramSeries,
  type IChartApi,
  LineStyle,
  TickMarkType,
  type Time,
  TrackingModeExitMode,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "tickertape-client";
import type { Format } from "../../format.ts";

/** How numbers and times are written in a chart. It can change while the chart is shown. */
export interface ChartStyle {
  readonly format: Format;
  readonly decimals: number;
  /** The exchange's time zone. */
  readonly zone: string;
  /** How long a bar is, in the words of the protocol. */
  readonly interval: string;
}

// With more bars, the canvas misses frames. Old ones are dropped when there are one and a half times as many.
const mostBars = 5000;
const rightOffset = 3; // bars of room behind the newest one

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

/** How times and prices are written. */
function writing({ format, decimals, zone, interval }: ChartStyle) {
  const intraday = interval !== "1d"; // so that the axis has times rather than dates
  const millis = (time: Time) => Number(time) * 1000;
  return {
    timeScale: {
      timeVisible: intraday,
      secondsVisible: interval.endsWith("s"),
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
  };
}

/** Candles with their volume in an element. A rise is drawn hollow, so that the direction needs no colour. */
export function createPriceChart(host: HTMLElement, style: ChartStyle) {
  let colours = coloursOf(host);
  let newest = Number.NEGATIVE_INFINITY;
  const drawn = new Set<number>(); // the starts of the bars that are drawn

  const chart: IChartApi = createChart(host, {
    autoSize: true,
    // The logo adds a style element, which the content security policy forbids. The link is below the chart.
    layout: { attributionLogo: false, fontSize: 11 },
    // A price of six digits fits, so that it does not grow when a label has more of them than the first ones.
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.24 }, minimumWidth: 72 },
    timeScale: { borderVisible: false, rightOffset },
    handleScroll: { vertTouchDrag: false }, // it scrolls the page
    trackingMode: { exitMode: TrackingModeExitMode.OnTouchEnd }, // or no swipe would, after a long press
  });
  const candles = chart.addSeries(CandlestickSeries, { lastValueVisible: false, priceLineVisible: false });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });

  const write = (style: ChartStyle) => {
    const { decimals, format } = style;
    chart.applyOptions(writing(style));
    candles.applyOptions({ priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
    volume.applyOptions({ priceFormat: { type: "custom", formatter: format.volume, minMove: 1e-8 } });
  };

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
    const shown = bars.slice(-mostBars).filter(hasPrices);
    candles.setData(shown.map(candleOf));
    volume.setData(shown.map(volumeOf));
    newest = shown.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    drawn.clear();
    for (const { time } of shown) drawn.add(time);
    if (shown.length === 0) level.applyOptions({ lineVisible: false, axisLabelVisible: false });
    showLevel(shown.at(-1));
  };

  /** Whether a change can be drawn without the other bars: it is of a bar that is drawn, or comes after all of them. */
  const fits = (bar: Bar) => (hasPrices(bar) ? bar.time > newest || drawn.has(bar.time) : !drawn.has(bar.time));

  const scroll = (share: number) => {
    const range = chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const by = (range.to - range.from) * share;
    chart.timeScale().setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  };

  paint();
  write(style);
  return {
    /** Draws these and no others, oldest first. */
    set,

    /**
     * Draws bars that are new or have changed, oldest first. `all` is called if there is one more or one less between
     * those that are drawn, or there are too many.
     */
    update(changes: readonly Bar[], all: () => readonly Bar[]): void {
      if (drawn.size > 1.5 * mostBars || !changes.every(fits)) {
        set(all());
        return;
      }
      for (const bar of changes.filter(hasPrices)) {
        const late = bar.time < newest;
        candles.update(candleOf(bar), late);
        volume.update(volumeOf(bar), late);
        if (late) continue;
        drawn.add(bar.time);
        newest = bar.time;
        showLevel(bar);
      }
    },

    /** Writes numbers and times in another way, where the chart stands. */
    write,

    /** Other bars than before will be drawn: shows the newest, at the zoom that the reader has chosen. */
    begin(): void {
      chart.timeScale().applyOptions({ rightOffset });
      chart.timeScale().scrollToPosition(rightOffset, false);
      chart.priceScale("right").setAutoScale(true);
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
