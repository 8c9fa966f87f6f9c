/*
 * Prices are numbers with the digits of the source. Two of them are scaled to integers before they are subtracted, so
 * that a change of 0.1 is never 0.09999.
 */

/**
 * How many decimals a number of up to 15 digits was written with, 0 to 9: 189.3 has one, 1.5e-7 has eight. Thousands of
 * prices are asked for at once, so it makes no text of them: rounded to as many decimals as it has, a number is itself.
 */
export function decimalsOf(value: number): number {
  let decimals = 0;
  for (let power = 1; decimals < 9 && Math.round(value * power) / power !== value; power *= 10) decimals++;
  return decimals;
}

/** The value in units of 10^-decimals, rounded; exact for up to 15 significant digits. */
export const scale = (value: number, decimals: number): number => Math.round(value * 10 ** decimals);

/** Last minus reference, without rounding errors, for prices of up to 9 decimals. */
export function change(last: number, reference: number): number {
  const decimals = Math.max(decimalsOf(last), decimalsOf(reference));
  return (scale(last, decimals) - scale(reference, decimals)) / 10 ** decimals;
}

/** The change in percent of the reference; null when there is nothing to compare with. */
export const changePercent = (last: number, reference: number): number | null =>
  reference === 0 ? null : (change(last, reference) / Math.abs(reference)) * 100;
