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
