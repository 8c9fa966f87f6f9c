/**
 * Returns a function that calls `draw` in the next frame, once, however often it is called before that frame. What
 * depends on prices is so drawn at the pace of the display, not of the market. A call while it draws is for the frame
 * after.
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
