/** What lies between the page and a box at the bottom of a small window. A tap on it closes the box, and does nothing else. */
export function Backdrop({ close }: { readonly close: () => void }) {
  // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it, too
  // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, too
  return <div class="backdrop" onClick={close} />;
}
