/**
 * Returns a function that has `draw` called in the next frame, once, however often it is called before: what depends on
 * prices is drawn at the display's pace, not at the market's. A call while it draws belongs to the frame after.
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
