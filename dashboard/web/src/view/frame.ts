export type Schedule = (paint: () => void) => unknown;

/**
 * Hands `draw` each marked key at most once a frame: the page repaints at the display's pace, not
 * at the market's. Marks made while drawing belong to the next frame.
 */
export function frameBatch<K>(
  draw: (dirty: ReadonlySet<K>) => void,
  schedule: Schedule = (paint) => requestAnimationFrame(paint),
): (key: K) => void {
  let dirty = new Set<K>();
  const paint = () => {
    const batch = dirty;
    dirty = new Set();
    draw(batch);
  };
  return (key) => {
    const idle = dirty.size === 0;
    dirty.add(key);
    if (idle) schedule(paint);
  };
}
