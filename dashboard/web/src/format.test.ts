import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { age, createFormat } from "./format.ts";
import { settingChoices } from "./model/settings.ts";

const format = createFormat({ locale: "en-US", times: "utc" });

describe("numbers", () => {
  test("a price of up to 15 digits is shown with exactly its digits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999_999_999_999 }),
        fc.integer({ min: 0, max: 9 }),
        (units, decimals) => {
          const digits = String(units).padStart(decimals + 1, "0");
          const exact = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
          expect(format.price(Number(exact), decimals).replaceAll(",", "")).toBe(exact);
        },
      ),
    );
  });

  test("the direction needs no colour", () => {
    expect(format.change(1.5, 2)).toBe("+1.50");
    expect(format.change(-1.5, 2)).toBe("−1.50");
    expect(format.change(0, 2)).toBe("0.00");
    expect(format.percent(-0.004)).toBe("0.00%");
    expect(format.percent(12.345)).toBe("+12.35%");
  });

  test("zero has no sign", () => {
    expect(format.price(-0.001, 2)).toBe("0.00");
    expect(format.price(-0.01, 2)).toBe("−0.01");
  });

  test.each([
    [0, "0", "0"],
    [0.0153, "0.0153", "0.0153"],
    [0.00001234, "0.00001234", "0.00001234"],
    [0.123456789, "0.1235", "0.1235"],
    [12.3456, "12.35", "12.35"],
    [100, "100", "100"],
    [1234.56, "1,235", "1,235"],
    [9_999, "9,999", "9,999"],
    [9_999.7, "10.0K", "10,000"],
    [10_000, "10.0K", "10,000"],
    [999_499, "999K", "999,499"],
    [999_500, "1.00M", "999,500"],
    [1_234_567, "1.23M", "1.23M"],
    [999_999_999, "1.00B", "1.00B"],
    [12_345_678_901_234, "12.3T", "12.3T"],
    [1_234_567_890_123_456, "1,230T", "1,230T"],
  ])("%d is the volume %s and the size %s", (value, volume, size) => {
    expect(format.volume(value)).toBe(volume);
    expect(format.size(value)).toBe(size);
  });

  test.each([
    // locale, volume, the size of a coin, percent, and an old one
    ["en-US", "1.23M", "0.0153", "+12.35%", "−1,234.50%"],
    ["en-GB", "1.23M", "0.0153", "+12.35%", "−1,234.50%"],
    ["de-DE", "1,23M", "0,0153", "+12,35 %", "−1.234,50 %"],
    ["fr-FR", "1,23M", "0,0153", "+12,35 %", "−1 234,50 %"],
    ["de-CH", "1.23M", "0.0153", "+12.35%", "−1'234.50%"],
    ["en-IN", "1.23M", "0.0153", "+12.35%", "−1,234.50%"],
    ["ja-JP", "1.23M", "0.0153", "+12.35%", "−1,234.50%"],
    ["pt-BR", "1,23M", "0,0153", "+12,35%", "−1.234,50%"],
    ["es-ES", "1,23M", "0,0153", "+12,35 %", "−1234,50 %"],
    ["sv-SE", "1,23M", "0,0153", "+12,35 %", "−1 234,50 %"],
  ])("in %s have one scale, and the language's own point and percent", (locale, volume, size, up, down) => {
    const own = createFormat({ locale });
    const texts = [own.volume(1_234_567), own.size(0.0153), own.percent(12.345), own.percent(-1234.5)];
    // Which space and which apostrophe it is depends on the version of the platform's tables.
    const plain = texts.map((text) => text.replace(/\s/g, " ").replace("’", "'"));
    expect(plain).toEqual([volume, size, up, down]);
  });

  test("the table above has every language of the settings", () => {
    const tested = ["en-US", "en-GB", "de-DE", "fr-FR", "de-CH", "en-IN", "ja-JP", "pt-BR", "es-ES"];
    expect(settingChoices.locale).toEqual(["auto", ...tested]);
  });

  test("are read by other programs when they are plain", () => {
    const plain = (locale: string) => {
      const { price, change, percent, volume } = createFormat({ locale, plain: true });
      return [
        price(1_234_567.5, 2),
        change(-1234.5, 2),
        change(0.5, 2),
        change(-0.001, 2),
        percent(-1.5),
        volume(1.5e6),
      ];
    };
    expect(plain("en-US")).toEqual(["1234567.50", "-1234.50", "0.50", "0.00", "-1.50%", "1500000"]);
    for (const locale of ["de", "fr", "sv", "de-CH", "he"]) {
      const decimal = new Intl.NumberFormat(locale).format(0.5).charAt(1);
      expect(plain(locale)).toEqual(plain("en-US").map((text) => text.replace(".", decimal)));
    }
    expect(createFormat({ locale: "en-US", plain: true }).volume(0.0153)).toBe("0.0153");
  });
});

describe("times", () => {
  const evening = Date.UTC(2023, 10, 14, 22, 13, 20);

  test("are of today, or a date", () => {
    expect(format.time(evening, "", evening)).toBe("22:13:20");
    expect(format.time(evening, "", evening + 3 * 3_600_000)).toBe("Nov 14");
    expect(format.time(evening - 86_400_000, "", evening)).toBe("Nov 13");
    expect(format.moment(evening, "")).toBe("Nov 14, 2023, 22:13:20 UTC");
  });

  test("are in the zone that was chosen, which has a name", () => {
    const exchange = createFormat({ locale: "en-US", times: "exchange" });
    expect(exchange.clock(evening, "America/New_York")).toBe("17:13:20");
    expect(exchange.zone("America/New_York", evening)).toBe("EST");
    expect(exchange.zone("America/New_York", Date.UTC(2023, 6, 1))).toBe("EDT");
    expect(exchange.clock(evening, "")).toBe("22:13:20");
    expect(exchange.clock(evening, "Moon/Crater")).toBe("22:13:20");
    const local = createFormat({ locale: "en-US", times: "local", local: "Asia/Tokyo" });
    expect(local.clock(evening, "America/New_York")).toBe("07:13:20");
    expect([local.oneZone, exchange.oneZone]).toEqual([true, false]);
  });

  test.each([
    ["in the evening before", "2026-11-30T01:00:00Z", "America/New_York", "Nov 30"],
    ["at midnight", "2026-11-30T05:00:00Z", "America/New_York", "Nov 30"],
    ["in the morning", "2026-11-30T14:30:00Z", "America/New_York", "Nov 30"],
    ["at midnight of a market without hours", "2026-11-30T00:00:00Z", "", "Nov 30"],
  ])("of a trading day that starts %s are those of its market", (_, start, zone, date) => {
    for (const times of ["exchange", "utc", "local"] as const) {
      const format = createFormat({ locale: "en-US", times, local: "Asia/Tokyo" });
      expect(format.tradingDay(Date.parse(start), zone)).toBe(date);
      expect(format.tradingDate(Date.parse(start), zone)).toBe(`${date}, 2026`);
    }
  });

  test.each([
    [0, "0.0 s"],
    [420, "0.4 s"],
    [9_960, "10 s"],
    [89_000, "89 s"],
    [120_000, "2 min"],
    [7_200_000, "2 h"],
    [200_000_000, "2 d"],
  ])("%d ms is %s", (ms, text) => expect(age(ms)).toBe(text));
});
