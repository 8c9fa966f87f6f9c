/** Holds changes back for a tab that wants them less often than others do. */
export function createPace(now: () => number) {
  let publishedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  return {
    /** Whether changes are to wait; then `publish` is called when it is time. `rate` is in updates a second. */
    holds(rate: number | null, publish: () => void): boolean {
      const gap = rate ? publishedAt + 1000 / rate - now() : 0;
      if (gap <= 0) publishedAt = now();
      else {
        clearTimeout(timer);
        timer = setTimeout(publish, gap);
      }
      return gap > 0;
    },
    stop: () => clearTimeout(timer),
  };
}
