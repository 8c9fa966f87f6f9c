// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createFormat } from "../format.ts";
import type { SymbolInfo } from "../model/api.ts";
import { createSettings } from "../model/settings.ts";
import { createSparks } from "../model/spark.ts";
import { type Kept, nothingSaved, ownList, setupWorkspace } from "../model/workspace.fixture.ts";
// These are fetched by themselves, and there at once in these tests.
import "../view/detail/detail.tsx";
import "../view/dialogs/dialogs.tsx";
import "../view/menus/menus.ts";
import "../view/panel.tsx";
import "../view/print/paper.ts";
import "../view/resultlist.tsx";
import { createShellState, type Services, type View } from "../view/services.ts";
import { createShown } from "../view/shown.ts";
import { mountPage } from "./page.ts";

let host: HTMLElement;
let page: View | null = null;

const mount = async (saved?: Kept, failures?: number) => {
  const made = await setupWorkspace(saved, failures);
  const symbol = signal<string | null>(null);
  const services: Services = {
    id: "page",
    ...made,
    shown: createShown({ market: made.market }),
    settings: createSettings(made),
    format: signal(createFormat({ locale: "en-US", times: "utc" })),
    sparks: createSparks({ fetch: async () => new Map(), kept: () => true }),
    shell: createShellState(),
    detail: {
      symbol,
      settled: symbol,
      open: (next) => {
        symbol.value = next;
      },
      pass: () => {},
      close: () => {
        symbol.value = null;
      },
    },
  };
  await act(() => {
    page = mountPage(host, services);
  });
  await act(() => vi.dynamicImportSettled()); // the dialogs
  return { ...made, services };
};
// Drawing takes a canvas, which there is none of here; the browser's tests look at the real one.
vi.mock("../view/chart/pricechart.ts", () => ({
  createPriceChart: vi.fn(() => ({ set: vi.fn(), update: vi.fn(), restyle: vi.fn(), close: vi.fn() })),
}));

const wait = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
const text = (selector: string) => host.querySelector(selector)?.textContent ?? null;
const order = () =>
  [...host.querySelectorAll<HTMLElement>(".body .row")]
    .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
    .map((row) => row.dataset["symbol"]);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(async () => {
  await act(() => page?.close());
  host.remove();
});

describe("the page", () => {
  test("says that prices are simulated as soon as the server does", async () => {
    const { says, hello, snapshot } = await mount();
    expect(text(".origin")).toBeNull();
    await act(() => says(hello(), snapshot(1)));
    expect(text(".origin")).toBe("Simulated");
    expect(text(".provenance")).toContain("not market data");
    expect(text(".disclaimer")).toBeNull();
    await act(() => host.querySelector<HTMLElement>(".provenance button")?.click());
    expect(text(".provenance")).toBeNull();
    expect(text(".disclaimer")).toContain("not market data");
  });

  test("says that a recording is played, and of when, also behind a relay", async () => {
    const { says, hello, snapshot } = await mount();
    const replay = { source: "replay", status: "live", since: 1, message: "recorded: sim live", replayed: true };
    const relay = {
      source: "relay",
      status: "live",
      since: 1,
      message: "via x9: recorded: sim live",
      sources: [replay],
    };
    await act(() =>
      says(
        { ...hello(), simulated: false, sources: [relay] } as never,
        snapshot(1, { s: "A", p: 1, t: Date.UTC(2005, 11, 27, 14, 30) * 1000 }),
      ),
    );
    await wait(1000); // it measures once a second
    expect(text(".badge .state")).toBe("Replay");
    expect(text(".origin")).toBe("Replay");
    expect(text(".provenance")).toMatch(/These are not current prices. The recording is at .*2005/);
    expect(text(".badge .newest")).toMatch(/recorded .*2005/);
    expect(text(".badge")).not.toMatch(/\d d\b/);
    await act(() => host.querySelector<HTMLElement>("button.badge")?.click());
    expect(text(".panel")).toMatch(/relay\s+has been live for .*from:\s*replay \(replayed\) has been live/);
    expect(text(".panel")).not.toContain("via");
  });

  test("greys the grid from the moment the connection is lost until it is found again", async () => {
    const { says, hello, snapshot, breaks } = await mount();
    const live = () => host.querySelector<HTMLElement>(".grid")?.dataset["live"];
    expect(live()).toBe("false");
    await act(() => says(hello(), snapshot(1)));
    expect(live()).toBe("true");
    expect(text(".notice")).toBeNull();
    await act(breaks);
    expect(live()).toBe("false");
    expect(text(".notice")).toContain("Connection lost");
    await wait(500);
    await act(() => says(hello(), snapshot(2)));
    expect(live()).toBe("true");
  });

  test("sorts anew at most once a second, and not while the pointer is over the rows", async () => {
    const { says, hello, snapshot } = await mount({
      ...ownList("A", "B"),
      sort: { column: "last", direction: "descending" },
    });
    await act(() => says(hello(), snapshot(1, { s: "A", p: 2 }, { s: "B", p: 1 })));
    await wait(1000);
    expect(order()).toEqual(["A", "B"]);

    await act(() => says(snapshot(2, { s: "B", p: 3 })));
    expect(order()).toEqual(["A", "B"]);
    await wait(1000);
    expect(order()).toEqual(["B", "A"]);

    expect(host.querySelector<HTMLElement>(".held")?.dataset["on"]).toBe("false");
    const body = host.querySelector(".body");
    body?.dispatchEvent(new PointerEvent("pointerenter", { pointerType: "mouse" }));
    await act(() => says(snapshot(3, { s: "A", p: 4 })));
    await wait(5000);
    expect(order()).toEqual(["B", "A"]);
    expect(host.querySelector<HTMLElement>(".held")?.dataset["on"]).toBe("true");
    body?.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
    await wait(1000);
    expect(order()).toEqual(["A", "B"]);
  });

  test("prints the rows in the order in which they are held on the screen, and says if they are not live", async () => {
    const { says, hello, snapshot, breaks } = await mount({
      ...ownList("A", "B"),
      sort: { column: "last", direction: "descending" },
    });
    await act(() => says(hello(), snapshot(1, { s: "A", p: 2 }, { s: "B", p: 1 })));
    await wait(1000);
    const body = host.querySelector(".body");
    body?.dispatchEvent(new PointerEvent("pointerenter", { pointerType: "mouse" }));
    await act(() => says(snapshot(2, { s: "B", p: 3 })));
    await wait(2000);
    const printed = () => {
      dispatchEvent(new Event("beforeprint"));
      const rows = [...document.querySelectorAll(".print tbody th")].map((cell) => cell.textContent);
      dispatchEvent(new Event("afterprint"));
      return rows;
    };
    expect(printed()).toEqual(order());
    expect(printed()).toEqual(["A", "B"]);
    await act(breaks);
    expect(printed()).toEqual(["A (Not live)", "B (Not live)"]);
    const states = [...host.querySelectorAll<HTMLElement>(".body .row")].map((row) => row.dataset["state"]);
    expect(states).toEqual(["old", "old"]);
  });

  test("says that the order is held only while the rows are out of it", async () => {
    const { says, hello, snapshot, workspace } = await mount({
      ...ownList("A", "B"),
      sort: { column: "last", direction: "descending" },
    });
    await act(() => says(hello(), snapshot(1, { s: "A", p: 1 }, { s: "B", p: 2 })));
    await wait(1000);
    const held = () => host.querySelector<HTMLElement>(".held")?.dataset["on"];
    host.querySelector(".body")?.dispatchEvent(new PointerEvent("pointerenter", { pointerType: "mouse" }));
    await act(() => workspace.sortBy("symbol"));
    expect(order()).toEqual(["A", "B"]);
    await wait(1000);
    expect([order(), held()]).toEqual([["A", "B"], "false"]);
  });

  test("offers another try when the list could not be loaded", async () => {
    const { workspace } = await mount(nothingSaved, 1);
    expect(text(".vacancy h2")).toBe("Nothing to show yet");
    await act(async () => {
      host.querySelector<HTMLElement>(".vacancy button")?.click();
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(workspace.symbols.value).toEqual(["A", "B"]);
    expect(text(".vacancy")).toBeNull();
  });
});

test("a note stays its time, also when the time of the one before is up as it comes", async () => {
  const { client, notes } = await mount();
  client.disconnect(); // a silent server would be left for another transport meanwhile
  await act(() => notes.say("One."));
  await wait(7999);
  await act(async () => {
    notes.say("Two.");
    await vi.advanceTimersByTimeAsync(1); // no frame has come yet
  });
  expect(text(".note")).toBe("Two.");
  await wait(7999);
  expect(text(".note")).toBe("Two.");
  await wait(1);
  expect(text(".note")).toBe("");
});

describe("the search", () => {
  const type = async (value: string, then?: string) => {
    const input = host.querySelector<HTMLInputElement>(".search input");
    await act(() => {
      input?.focus();
      if (input) input.value = value;
      input?.dispatchEvent(new Event("input", { bubbles: true }));
      if (then) input?.dispatchEvent(new KeyboardEvent("keydown", { key: then, bubbles: true }));
    });
    await wait(200);
  };

  test("asks once the typing pauses, and adds what is chosen", async () => {
    const { api, workspace } = await mount();
    vi.mocked(api.search).mockResolvedValue([{ symbol: "C", name: "C Inc." }, { symbol: "A" }]);
    await type("c");
    expect(api.search).toHaveBeenCalledTimes(1);
    const options = [...host.querySelectorAll(".result")].map((option) => option.textContent);
    expect(options).toEqual(["CC Inc.Add", "AIn this list"]);
    await act(() => {
      host.querySelector(".search input")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });
    expect(workspace.symbols.value).toEqual(["A", "B", "C"]);
  });

  test("takes an Enter that is pressed before the answer has come for the first one in it", async () => {
    const { api, workspace } = await mount();
    vi.mocked(api.search).mockResolvedValue([{ symbol: "C", name: "C Inc." }, { symbol: "D" }]);
    await type("c", "Enter");
    expect(workspace.symbols.value).toEqual(["A", "B", "C"]);
    vi.mocked(api.search).mockResolvedValue([{ symbol: "D" }]);
    await type("d", "Enter");
    expect(workspace.symbols.value).toEqual(["A", "B", "C", "D"]);
    await type("d", "Escape");
    vi.mocked(api.search).mockResolvedValue([{ symbol: "E" }]);
    await type("e");
    expect(workspace.symbols.value).toEqual(["A", "B", "C", "D"]);
  });

  test("keeps such an Enter when the answer to what was typed before comes after it", async () => {
    const { api, workspace } = await mount();
    let answer = (_: readonly SymbolInfo[]) => {};
    vi.mocked(api.search).mockReturnValueOnce(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    vi.mocked(api.search).mockResolvedValueOnce([{ symbol: "D" }]);
    await type("c");
    const input = host.querySelector<HTMLInputElement>(".search input");
    // In one turn, so that the page has not drawn yet what is typed now.
    await act(async () => {
      if (input) input.value = "cd";
      input?.dispatchEvent(new Event("input", { bubbles: true }));
      input?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      answer([{ symbol: "C" }]);
      for (let i = 0; i < 5; i++) await Promise.resolve();
    });
    await wait(200);
    expect(workspace.symbols.value).toEqual(["A", "B", "D"]);
  });

  test("says when nothing matches, and when it does not work", async () => {
    const { api } = await mount();
    await type("zzz");
    expect(text(".results p")).toBe("No symbol or name matches “zzz”.");
    vi.mocked(api.search).mockRejectedValue(new TypeError("refused"));
    await type("zz");
    expect(text(".results p")).toContain("does not answer");
  });
});

describe("the keyboard", () => {
  const press = async (key: string, init: KeyboardEventInit = {}) => {
    await act(async () => {
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }),
      );
      await vi.advanceTimersByTimeAsync(0);
    });
    await act(() => vi.dynamicImportSettled()); // of what the key has opened
  };

  test("types into the filter from anywhere, and Escape clears it", async () => {
    const { workspace } = await mount();
    await press("b");
    await act(() => {
      workspace.filter.value = "b"; // as the browser types it where the focus is
    });
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Filter the list");
    await wait(20);
    expect(order()).toEqual(["B"]);
    expect(text(".found")).toBe("1 of 2");
    await press("Escape");
    expect(workspace.filter.value).toBe("");
  });

  test("ranks the rows once for each change of the filter", async () => {
    const { workspace, market, says, hello, snapshot } = await mount();
    await act(() => says(hello(), snapshot(1, { s: "A", p: 1, pc: 1 }, { s: "B", p: 2, pc: 1 })));
    await act(() => workspace.sortBy("percent"));
    await wait(500);
    const row = vi.spyOn(market, "row");
    await act(() => {
      workspace.filter.value = "a inc";
    });
    expect(order()).toEqual(["A"]);
    expect(row.mock.calls).toEqual([["A"]]);
  });

  test("filters by a name that comes after what was typed", async () => {
    const { workspace, market } = await mount();
    await act(() => {
      workspace.filter.value = "beta";
    });
    expect([order(), text(".found")]).toEqual([[], "0 of 2"]);
    await act(() => market.directory.add([{ symbol: "B", name: "Beta Corp." }]));
    expect([order(), text(".found")]).toEqual([["B"], "1 of 2"]);
  });

  test("opens the lists, walks them and chooses", async () => {
    const { workspace } = await mount();
    await press("L", { shiftKey: true });
    expect(document.activeElement?.textContent).toContain("Mine");
    await press("o"); // by its first letter
    expect(document.activeElement?.textContent).toContain("other");
    await act(() => (document.activeElement as HTMLElement).click());
    expect(workspace.choice.value).toEqual({ kind: "server", name: "other" });
    expect(document.querySelector("[role=menu]")).toBeNull();
  });

  test("closes a menu none of whose items can be chosen, and not the detail behind it", async () => {
    const { services } = await mount(ownList("A"));
    await act(() => services.detail.open("A"));
    await act(() => vi.dynamicImportSettled());
    await act(() => host.querySelector<HTMLElement>(".detail .menu button")?.click());
    expect(document.activeElement?.getAttribute("role")).toBe("menu");
    await press("Escape");
    expect([host.querySelector("[role=menu]"), text(".detail h2")]).toEqual([null, "A"]);
  });

  test("opens no menu whose button is not shown", async () => {
    const style = document.createElement("style");
    style.textContent = ".toolbar > .menu:last-child { display: none }"; // as on phones
    host.before(style);
    const { services } = await mount();
    await press("C", { shiftKey: true });
    expect([services.shell.columnMenu.value, host.querySelector("[role=menu]")]).toEqual([false, null]);
    style.remove();
  });

  test("goes on from the table where a button goes away that had the focus", async () => {
    const { services, notes, workspace, says, hello, snapshot } = await mount();
    await act(() => says(hello(), snapshot(1)));
    const pressed = async (selector: string) => {
      const button = host.querySelector<HTMLElement>(selector);
      button?.focus();
      expect(document.activeElement).toBe(button);
      await act(() => button?.click());
      expect(host.querySelector(selector)).toBeNull();
      return document.activeElement?.className;
    };
    await act(() => notes.say("A removed.", () => {}));
    expect(await pressed(".note button")).toBe("grid");
    await act(() => {
      workspace.filter.value = "nothing";
    });
    expect(await pressed(".vacancy button")).toBe("grid");
    await act(() => services.market.togglePause());
    expect(await pressed(".notice button")).toBe("grid");
  });

  test("pauses, opens the sheet and the settings", async () => {
    HTMLDialogElement.prototype.showModal ??= () => {};
    const { services, says, hello, snapshot } = await mount();
    await act(() => says(hello(), snapshot(1)));
    await press("P", { shiftKey: true });
    expect(services.client.state.paused).toBe(true);
    await press("?");
    expect(text(".dialog h2")).toBe("Keyboard");
    services.shell.dialog.value = null;
    await press(",");
    await act(() => {});
    await act(() => {
      services.shell.dialog.value = "settings";
    });
    await act(() => host.querySelector<HTMLElement>("[data-setting=density] [data-value=roomy] input")?.click());
    expect(services.settings.value.value.density).toBe("roomy");
  });
});

describe("the lists", () => {
  test("stay where they are in the menu when the sectors come after it was opened", async () => {
    const { api, services } = await mount();
    let answer = (_: readonly SymbolInfo[]) => {};
    vi.mocked(api.everything).mockReturnValueOnce(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    await act(() => {
      services.shell.listMenu.value = true;
    });
    await act(() => vi.dynamicImportSettled());
    const entries = () =>
      [...host.querySelectorAll(".popup :is(.text, .heading)")].map(({ textContent }) => textContent);
    const before = entries();
    expect(before).toContain("Export as text…");
    await act(async () => answer([{ symbol: "A", sector: "Early" }]));
    expect(entries()).toEqual([...before, "Sectors", "Early"]);
  });

  test("are imported after a look at what is known", async () => {
    const { services, workspace } = await mount();
    await act(() => {
      services.shell.dialog.value = "import";
    });
    await act(() => vi.dynamicImportSettled());
    const area = host.querySelector<HTMLTextAreaElement>("textarea");
    await act(() => {
      if (area) area.value = "c, NOPE *";
      area?.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await wait(500);
    expect(text(".outcome")).toBe("1 found. Not known here: NOPE, *.");
    await act(() => {
      host.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true, bubbles: true }));
    });
    expect(workspace.library.own.value.at(-1)).toMatchObject({ name: "Imported", symbols: ["C"] });
    expect(text(".note")).toContain("1 symbol imported as “Imported”. Not known here: NOPE, *.");
  });
});

describe("the columns", () => {
  test("are sized from their widths on the screen, within their bounds", async () => {
    HTMLDialogElement.prototype.showModal ??= () => {};
    const { services, workspace } = await mount();
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    let width = 20; // rem
    vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(
      () => ({ left: 0, right: width * rem, width: width * rem }) as DOMRect,
    );
    await act(() => {
      services.shell.dialog.value = "columns";
    });
    await act(() => vi.dynamicImportSettled());
    const button = (label: string) => host.querySelector<HTMLElement>(`[aria-label="${label}"]`);
    await act(() => button("Name: wider")?.click());
    expect(workspace.layout.value.widths).toEqual({ name: 21 });
    expect(button("Name: wider")?.getAttribute("aria-disabled")).toBe("false");
    width = 40;
    await act(() => button("Last: wider")?.click());
    await act(() => button("Name: narrower")?.click());
    expect(workspace.layout.value.widths).toEqual({ name: 39 });
    expect(button("Last: wider")?.getAttribute("aria-disabled")).toBe("true");
  });
});

describe("the detail", () => {
  test("has the price, its age and state, and the newest trades", async () => {
    const { services, says, hello, snapshot, sockets } = await mount();
    await act(() => says(hello(), snapshot(1, { s: "A", p: 11, pc: 10, b: 10.9, a: 11.1, t: Date.now() * 1000 })));
    await act(() => services.detail.open("A"));
    await wait(20);
    expect([text(".detail .big"), text(".detail .move"), text(".detail .word")]).toEqual([
      "11.00",
      "+1.00 +10.00%",
      "Live",
    ]);
    expect(text(".detail p.gap")).toBe("Spread 0.20, 181.8 bps");
    expect(document.activeElement?.closest(".detail") ?? null).toBeNull();
    expect([...host.querySelectorAll("[role=status]")].map((one) => one.textContent)).toContain("Details of A");
    await act(() => vi.dynamicImportSettled());
    await wait(20);
    expect(sockets.last().sent.map((message) => message["trades"] ?? message["bars"] ?? null)).toContainEqual(["A"]);
    const trade = { i: 3, p: 11, z: 100, t: Date.now() * 1000, d: 1, c: ["F"] };
    await act(() =>
      says({
        type: "trades",
        seq: 2,
        time: 0,
        symbol: "A",
        reset: true,
        skipped: 0,
        trades: [trade, { ...trade, i: 4, st: "cancelled" }],
      }),
    );
    await wait(250);
    expect([...host.querySelectorAll(".tape tbody tr")].map((row) => row.textContent)).toEqual([
      "22:13:2011.00100cancelled F",
      "22:13:2011.00100F",
    ]);
    await act(() => services.detail.close());
    await wait(20);
    expect(sockets.last().sent.filter(({ type }) => type === "unsubscribe").length).toBeGreaterThan(0);
  });

  test("goes on saying that the chart could not be loaded when bars come", async () => {
    const { createPriceChart } = await import("../view/chart/pricechart.ts");
    vi.mocked(createPriceChart).mockImplementationOnce(() => {
      throw new TypeError("no canvas");
    });
    const { services, says, hello, snapshot } = await mount();
    await act(() => says(hello(), snapshot(1, { s: "A", p: 11, pc: 10 })));
    await act(() => services.detail.open("A"));
    await act(() => vi.dynamicImportSettled());
    await wait(20);
    expect(text(".plot .vacant")).toContain("could not be loaded");
    const bars = [{ t: Date.now() * 1000, o: 1, h: 2, l: 1, c: 2, v: 5, n: 1 }];
    await act(() => says({ type: "bars", seq: 2, time: 0, symbol: "A", interval: "1m", reset: true, bars }));
    await wait(20);
    expect(text(".plot .vacant")).toContain("could not be loaded");
    await act(() => host.querySelector<HTMLElement>('.intervals input[value="5m"]')?.click());
    await wait(20);
    expect(text(".plot .vacant")).toContain("could not be loaded");
  });
});
