import { type Series, seriesKey, type Want } from "../interest/want.ts";

const union = <T>(names: readonly T[]): T[] => [...new Set(names)];

/** The largest limit; null is none. */
const most = (limits: readonly (number | null)[]): number | null =>
  limits.includes(null) ? null : Math.max(...limits.map(Number));

/** The want that serves all of these: it has the most of each. It is paused when all are. */
export function combineWants(wants: readonly Want[]): Want {
  const series = new Map<string, Series>();
  for (const one of wants.flatMap((want) => want.series)) {
    const other = series.get(seriesKey(one)) ?? one;
    series.set(seriesKey(one), { ...one, limit: most([other.limit, one.limit]) });
  }
  const seen = wants.filter(({ paused }) => !paused);
  return {
    symbols: union(wants.flatMap(({ symbols }) => symbols)),
    series: [...series.values()],
    rate: most((seen.length ? seen : wants).map(({ rate }) => rate)),
    fields: wants.some(({ fields }) => fields === null) ? null : union(wants.flatMap(({ fields }) => fields ?? [])),
    paused: !seen.length,
    hidden: !seen.length && wants.some(({ hidden }) => hidden),
  };
}
