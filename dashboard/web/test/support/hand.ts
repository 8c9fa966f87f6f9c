import type { Part, Screen } from "./screen.ts";
import { eventually } from "./server.ts";

/** How a reader without a mouse does things. A walk is written once, and done by each of them. */
export interface Hand {
  readonly screen: Screen;
  readonly kind: "keyboard" | "touch";
  /** What was done without, because a test cannot make this browser do it. */
  readonly skipped: Set<string>;
  /** Presses a button or a link. */
  press(control: Part): Promise<void>;
  /** Writes a text in place of what the field has. */
  write(field: Part, text: string): Promise<void>;
  /** Chooses an item of a menu that is open. */
  choose(item: Part): Promise<void>;
  /** Chooses one of a group of radio buttons. */
  pick(group: Part, label: string): Promise<void>;
  /** Closes the dialog that is open. */
  dismiss(): Promise<void>;
  /** Closes the menu or the panel that is open, and does nothing else. */
  leave(): Promise<void>;
  /** Scrolls a part, which is the first one with the focus, or under a finger, on the way there. */
  scroll(part: Part): Promise<void>;
}

/** How far the part, or what is around it, has been scrolled. */
const scrolled = (part: Part): Promise<number> =>
  part.evaluate((element) => {
    let sum = 0;
    for (let at: Element | null = element; at; at = at.parentElement) sum += at.scrollTop;
    return sum;
  });

/** Presses keys until there is none to press, at most this often: more often says that the keyboard does not get there. */
async function pressUntil(screen: Screen, most: number, next: () => Promise<string | null>): Promise<void> {
  let key = await next();
  for (let times = 0; key !== null; times++) {
    if (times === most) throw new Error(`${most} times ${key} did not get there`);
    await screen.press(key);
    key = await next();
  }
}

/**
 * The key that leads to a part, or into it; null if it has the focus. In Firefox, Tab also goes through the browser's own
 * controls; then the page has not got the focus.
 */
const keyTo = (part: Part) =>
  part.evaluate((element) => {
    const now = document.activeElement ?? document.body;
    const inside = element instanceof HTMLFieldSetElement && element.contains(now);
    if ((now === element || inside) && document.hasFocus()) return null;
    const before = now !== document.body && now.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING;
    return before ? "Shift+Tab" : "Tab";
  });

/** Does it until the part is scrolled further. */
async function scrollBy(part: Part, does: () => Promise<void>): Promise<void> {
  const before = await scrolled(part);
  await eventually(async () => {
    await does();
    if ((await scrolled(part)) <= before) throw new Error(`it is not scrolled beyond ${before}`);
  }, 10_000);
}

/** The keyboard alone: Tab and Shift+Tab reach every control. */
export function keyboardHand(screen: Screen): Hand {
  const reach = (control: Part) => pressUntil(screen, 80, () => keyTo(control));
  return {
    screen,
    kind: "keyboard",
    skipped: new Set(),
    async press(control) {
      await reach(control);
      const box = await control.evaluate((element) => element instanceof HTMLInputElement);
      await screen.press(box ? " " : "Enter");
    },
    async write(field, text) {
      await reach(field);
      await screen.press("Control+a");
      await screen.press("Delete");
      await screen.type(text);
    },
    async choose(item) {
      await item.waitFor();
      await pressUntil(screen, 60, () =>
        item.evaluate((element) => (element === document.activeElement ? null : "ArrowDown")),
      );
      await screen.press("Enter");
    },
    async pick(group, label) {
      const radio = group.getByRole("radio", { name: label, exact: true });
      await reach(group);
      await pressUntil(screen, 12, () =>
        radio.evaluate((element) => (element instanceof HTMLInputElement && element.checked ? null : "ArrowRight")),
      );
    },
    dismiss: () => screen.press("Escape"),
    leave: () => screen.press("Escape"),
    scroll: (part) => scrollBy(part, () => screen.press("PageDown")),
  };
}

/** Fingers alone. A text comes from the keyboard on the screen, which has no other keys. */
export function touchHand(screen: Screen): Hand {
  const tap = (control: Part) => screen.tap(control);
  const skipped = new Set<string>();
  return {
    screen,
    kind: "touch",
    skipped,
    press: tap,
    async write(field, text) {
      await tap(field);
      await field.evaluate((element) => {
        if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) element.select();
      });
      await screen.press("Backspace");
      await screen.type(text);
    },
    choose: tap,
    pick: (group, label) => tap(group.getByRole("radio", { name: label, exact: true })),
    dismiss: () => tap(screen.getByRole("dialog").getByRole("button", { name: "Close" })),
    leave: () => screen.tap({ x: 4, y: 4 }),
    async scroll(part) {
      const { swipe } = screen;
      if (swipe) await scrollBy(part, () => swipe(part, 0, -60));
      else skipped.add("swipes");
    },
  };
}
