/**
 * Numbers for people. Prices are kept as scaled integers wherever two of them meet, so that a
 * change of 0.1 never reads 0.09999. Formatters are made once for each kind: making one costs more
 * than formatting a whole row.
 */

const minus = "\u2212"; // as wide as a plus in tabular figures
export const dash = "\u2013";

const maxDecimals = 9;

/** How many decimals a number was written with: 189.3 has one, 1.5e-7 has eight. */
export function decimalsOf(value: number): number {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const fraction = mantissa.split(".")[1]?.length ?? 0;
  return Math.min(maxDecimals, Math.max(0, fraction - Number(exponent)));
}

/** The value as a count of 10^-decimals units; exact for up to 15 significant digits. */
export const scale = (value: number, decimals: number): number => Math.round(value * 10 ** decimals);

/** Last minus previous close, exactly as a person would subtract them on paper. */
export function change(last: number, reference: number): number {
  const decimals = Math.max(decimalsOf(last), decimalsOf(reference));
  return (scale(last, decimals) - scale(reference, decimals)) / 10 ** decimals;
}

/** The change in percent of the reference; null when there is nothing to compare with. */
export function changePercent(last: number, reference: number): number | null {
  if (reference === 0) return null;
  const decimals = Math.max(decimalsOf(last), decimalsOf(reference));
  const before = scale(reference, decimals);
  return ((scale(last, decimals) - before) / Math.abs(before)) * 100;
}

export interface FormatOptions {
  readonly locale?: string | undefined;
  readonly timeZone?: string | undefined;
}

export function createFormat(options: FormatOptions = {}) {
  const { locale, timeZone } = options;
  const plain = new Map<number, Intl.NumberFormat>();
  const signed = new Map<number, Intl.NumberFormat>();

  const fixed = (cache: Map<number, Intl.NumberFormat>, decimals: number, signDisplay: "auto" | "exceptZero") => {
    let format = cache.get(decimals);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
        signDisplay,
      });
      cache.set(decimals, format);
    }
    return format;
  };
  const tidy = (text: string) => text.replace("-", minus);

  const compact = new Intl.NumberFormat(locale, {
    notation: "compact",
    minimumSignificantDigits: 3,
    maximumSignificantDigits: 3,
  });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const clock = new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  });
  const zone = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" });

  return {
    price: (value: number, decimals: number) => tidy(fixed(plain, decimals, "auto").format(value)),
    /** With its sign, so that the direction needs no colour. */
    change: (value: number, decimals: number) => tidy(fixed(signed, decimals, "exceptZero").format(value)),
    percent: (value: number) => `${tidy(fixed(signed, 2, "exceptZero").format(value))}%`,
    /** Whole below ten thousand, then three significant digits: 1.23M. */
    volume: (value: number) => (Math.abs(value) < 10_000 ? whole : compact).format(value),
    count: (value: number) => whole.format(value),
    /** The time of day of a wire time in microseconds. */
    time: (micros: number) => clock.format(micros / 1000),
    /** What the times are in: "CET". */
    zone: () => zone.formatToParts(0).find((part) => part.type === "timeZoneName")?.value ?? "",
    zoneName: () => clock.resolvedOptions().timeZone,
  };
}

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
