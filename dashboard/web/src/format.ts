/*
 * Numbers and times as text. Each formatter is made once and kept, since making one costs more than formatting a whole
 * row.
 */

const minus = "\u2212"; // as wide as a plus in tabular figures
/** Stands where a number is not known. */
export const dash = "\u2013";

/** The reader's language and time zones. */
export interface FormatOptions {
  /** A BCP 47 tag; the browser's own unless given. */
  readonly locale?: string | undefined;
  /** In which zone times are shown. */
  readonly times?: "exchange" | "local" | "utc" | undefined;
  /** The reader's own zone, as IANA names it. */
  readonly local?: string | undefined;
  /** Numbers as other programs read them: whole, ungrouped, with the decimal separator of the language. */
  readonly plain?: boolean;
}

interface Clock {
  readonly time: Intl.DateTimeFormat;
  readonly minute: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly year: Intl.DateTimeFormat;
  readonly full: Intl.DateTimeFormat;
  readonly date: Intl.DateTimeFormat;
  readonly name: Intl.DateTimeFormat;
  /** The dates of minutes that were formatted lately, by minutes since the Unix epoch. */
  readonly days: Map<number, string>;
}

const minute = 60_000;
/** A trading day can start so long before its date. */
const evening = 4 * 60 * minute;
const daysKept = 500;
const units = ["", "K", "M", "B", "T"];

const dayOf = ({ day, days }: Clock, at: number): string => {
  const key = Math.floor(at / minute);
  const known = days.get(key);
  if (known !== undefined) return known;
  if (days.size > daysKept) days.clear();
  const text = day.format(at);
  days.set(key, text);
  return text;
};

/** Makes the formatters for a language and time zone. */
export function createFormat(options: FormatOptions = {}) {
  const { locale, times = "local", local = new Intl.DateTimeFormat().resolvedOptions().timeZone, plain } = options;
  const unsigned = new Map<number, Intl.NumberFormat>();
  const signed = new Map<number, Intl.NumberFormat>();

  const fixed = (cache: Map<number, Intl.NumberFormat>, decimals: number, signDisplay: "negative" | "exceptZero") => {
    let format = cache.get(decimals);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        signDisplay: plain ? "negative" : signDisplay,
        ...(plain && { useGrouping: false }),
      });
      cache.set(decimals, format);
    }
    return format;
  };
  const tidy = (text: string) =>
    plain ? text.replace(/[\s\u200e\u200f\u061c]/g, "").replace(minus, "-") : text.replace("-", minus);

  const three = new Intl.NumberFormat(locale, { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
  const four = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const share = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "percent",
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: plain ? "negative" : "exceptZero",
    ...(plain && { useGrouping: false }),
  });
  /** Three significant digits and a letter, the same letters in every language: their own words differ in length. */
  const short = (value: number): string => {
    let [scaled, unit] = [value, 0];
    while (unit < units.length - 1 && Math.abs(Number(scaled.toPrecision(3))) >= 1000) {
      scaled /= 1000;
      unit++;
    }
    return tidy(three.format(scaled)) + units[unit];
  };
  /** Whole shares in full, and the parts of coins to four significant digits; short from `limit` on. */
  const amount = (value: number, limit: number): string => {
    if (plain) return tidy(full.format(value));
    const size = Math.abs(value);
    if (Math.round(size) >= limit) return short(value);
    return tidy((size >= 1000 || Number.isInteger(value) ? whole : four).format(value));
  };
  const full = new Intl.NumberFormat(locale, { maximumFractionDigits: 9, useGrouping: false });
  const clocks = new Map<string, Clock>();

  /** Zone is the exchange's. */
  const zoneOf = (zone: string): string => (times === "utc" ? "UTC" : times === "local" ? local : zone || "UTC");
  const clockOf = (zone: string): Clock => clockIn(zoneOf(zone));
  const clockIn = (timeZone: string): Clock => {
    const known = clocks.get(timeZone);
    if (known) return known;
    const make = (parts: Intl.DateTimeFormatOptions) => {
      try {
        return new Intl.DateTimeFormat(locale, { timeZone, hourCycle: "h23", ...parts });
      } catch {
        return new Intl.DateTimeFormat(locale, { timeZone: "UTC", hourCycle: "h23", ...parts }); // no such zone here
      }
    };
    const clock = {
      time: make({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
      minute: make({ hour: "2-digit", minute: "2-digit" }),
      day: make({ day: "numeric", month: "short" }),
      year: make({ day: "numeric", month: "short", year: "numeric" }),
      full: make({ dateStyle: "medium", timeStyle: "medium" }),
      date: make({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }),
      name: make({ timeZoneName: "short" }),
      days: new Map(),
    };
    clocks.set(timeZone, clock);
    return clock;
  };
  const zoneName = (zone: string, at: number): string =>
    clockOf(zone)
      .name.formatToParts(at)
      .find((part) => part.type === "timeZoneName")?.value ?? "";

  return {
    price: (value: number, decimals: number) => tidy(fixed(unsigned, decimals, "negative").format(value)),
    /** With its sign, so that the direction needs no colour. */
    change: (value: number, decimals: number) => tidy(fixed(signed, decimals, "exceptZero").format(value)),
    /** As the language writes it: "+1.50%", "+1,50 %". */
    percent: (value: number) => tidy(share.format(value)),
    /** A sum of sizes: 0.0153, 9,999, then three significant digits: 1.23M. */
    volume: (value: number) => amount(value, 10_000),
    /** The size of one trade or quote: as a volume, but in full below a million. */
    size: (value: number) => amount(value, 1_000_000),
    count: (value: number) => whole.format(value),
    /** A time of day; a moment of another day than `now` is a date. Both in ms since the Unix epoch. */
    time(at: number, zone: string, now: number): string {
      const clock = clockOf(zone);
      const there = dayOf(clock, at);
      return there === dayOf(clock, now) ? clock.time.format(at) : there;
    },
    clock: (at: number, zone: string) => clockOf(zone).time.format(at),
    minute: (at: number, zone: string) => clockOf(zone).minute.format(at),
    day: (at: number, zone: string) => clockOf(zone).day.format(at),
    /** The date of a trading day that starts then. It is the exchange's, whatever zone times are shown in. */
    tradingDay: (start: number, zone: string) => clockIn(zone || "UTC").day.format(start + evening),
    /** The same with the year. */
    tradingDate: (start: number, zone: string) => clockIn(zone || "UTC").year.format(start + evening),
    /** To the minute, with the date. */
    date: (at: number, zone: string) => clockOf(zone).date.format(at),
    /** With date and zone. */
    moment: (at: number, zone: string) => `${clockOf(zone).full.format(at)} ${zoneName(zone, at)}`,
    /** What times of that exchange are in: "EST". */
    zone: (zone: string, at: number) => zoneName(zone, at),
    /** Whether all exchanges' times are in one zone. */
    oneZone: times !== "exchange",
  };
}

/** Formats numbers and times as text. */
export type Format = ReturnType<typeof createFormat>;

/** An age in one unit: 0.4 s, 12 s, 3 min, 5 h, 2 d. Tenths only where they are asked for. */
export function age(ms: number, tenths = true): string {
  const seconds = ms / 1000;
  if (tenths && seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
