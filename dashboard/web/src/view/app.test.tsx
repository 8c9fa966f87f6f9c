// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { setupDesk } from "../desk.fixture.ts";
import { createFormat } from "../format.ts";
import type { Saved } from "../watch.ts";
import { App } from "./app.tsx";

let host: HTMLElement;
const format = createFormat({ locale: "en-US", timeZone: "UTC" });

const mount = async (saved?: Saved, failures?: number) => {
  const made = await setupDesk(saved, failures);
  await act(() => render(<App desk={made.desk} api={made.api} format={format} onGrid={() => {}} />, host));
  return made;
};
const wait = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
const text = (selector: string) => host.querySelector(selector)?.textContent ?? null;
const order = () =>
  [...host.querySelectorAll<HTMLElement>(".body .row:not([hidden])")]
    .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
    .map((row) => row.dataset["symbol"]);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(async () => {
  await act(() => render(null, host));
  host.remove();
});

describe("the page", () => {
  test("says that prices are simulated as soon as the server does", async () => {
    const { says, hello, snapshot } = await mount();
    expect(text(".origin")).toBeNull();
    await act(() => says(hello(), snapshot(1)));
    expect(text(".origin")).toBe("Simulated");
    expect(text(".disclaimer")).toContain("not market data");
  });

  test("greys the grid from the moment the connection is lost until it is found again", async () => {
    const { says, hello, snapshot, close } = await mount();
    const live = () => host.querySelector<HTMLElement>(".grid")?.dataset["live"];
    expect(live()).toBe("false");
    await act(() => says(hello(), snapshot(1)));
    expect(live()).toBe("true");
    expect(text(".notice")).toBeNull();
    await act(close);
    expect(live()).toBe("false");
    expect(text(".notice")).toContain("Connection lost");
    await wait(500);
    await act(() => says(hello(), snapshot(2)));
    expect(live()).toBe("true");
  });

  test("ranks at most once a second, and not while the pointer is over the rows", async () => {
    const { says, hello, snapshot } = await mount({
      symbols: ["A", "B"],
      sort: { column: "last", direction: "descending" },
    });
    await act(() => says(hello(), snapshot(1, { s: "A", p: 2 }, { s: "B", p: 1 })));
    await wait(1000);
    expect(order()).toEqual(["A", "B"]);

    await act(() => says(snapshot(2, { s: "B", p: 3 })));
    expect(order()).toEqual(["A", "B"]);
    await wait(1000);
    expect(order()).toEqual(["B", "A"]);

    const body = host.querySelector(".body");
    body?.dispatchEvent(new PointerEvent("pointerenter", { pointerType: "mouse" }));
    await act(() => says(snapshot(3, { s: "A", p: 4 })));
    await wait(5000);
    expect(order()).toEqual(["B", "A"]);
    body?.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
    await wait(1000);
    expect(order()).toEqual(["A", "B"]);
  });

  test("offers another try when the list could not be loaded", async () => {
    const { desk } = await mount({ symbols: null, sort: null }, 1);
    expect(text(".vacancy h2")).toBe("Nothing to show yet");
    await act(async () => {
      host.querySelector<HTMLElement>(".vacancy button")?.click();
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(desk.symbols.value).toEqual(["A", "B"]);
    expect(text(".vacancy")).toBeNull();
  });
});

describe("the search", () => {
  const type = async (value: string) => {
    const input = host.querySelector<HTMLInputElement>("input");
    await act(() => {
      input?.focus();
      if (input) input.value = value;
      input?.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await wait(200);
  };

  test("asks once the typing pauses, and adds what is chosen", async () => {
    const { api, desk } = await mount();
    vi.mocked(api.search).mockResolvedValue([{ symbol: "C", name: "C Inc." }, { symbol: "A" }]);
    await type("c");
    expect(api.search).toHaveBeenCalledTimes(1);
    const options = [...host.querySelectorAll(".result")].map((option) => option.textContent);
    expect(options).toEqual(["CC Inc.Add", "AOn your list"]);
    await act(() => {
      host.querySelector("input")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });
    expect(desk.symbols.value).toEqual(["A", "B", "C"]);
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
