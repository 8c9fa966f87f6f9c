/**
 * Returns a function that has `draw` called in the next frame, once, however often it is called before that frame. So
 * what depends on prices is drawn once a frame, not once a price. A call during `draw` is for the frame after.
 */
export function onceAFrame(
  draw: () => void,
  schedule: (paint: () => void) => unknown = (paint) => requestAnimationFrame(paint),
): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    schedule(() => {
      scheduled = false;
      draw();
    });
  };
}

/** As `onceAFrame`, but a call within `gap` ms of the last drawing waits until they are over. */
export function paced(gap: number, draw: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return onceAFrame(
    () => {
      last = performance.now();
      draw();
    },
    (paint) => {
      const wait = last + gap - performance.now();
      if (wait > 0) setTimeout(() => requestAnimationFrame(paint), wait);
      else requestAnimationFrame(paint);
    },
  );
}
