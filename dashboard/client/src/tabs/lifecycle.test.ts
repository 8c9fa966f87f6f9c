import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { followPage } from "./lifecycle.ts";

/** The little of a page that is needed here. */
const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
const follower = {
  connect: vi.fn(),
  disconnect: vi.fn(),
  pause: vi.fn(),
  resume: vi.fn(),
};
const link = { networkChanged: vi.fn(), wake: vi.fn() };
const jumped = vi.fn();
const browser = new EventTarget();
let connected = true;
let life: AbortController;

const tell = (type: string, more: object = {}) => browser.dispatchEvent(Object.assign(new Event(type), more));
const turn = (state: "visible" | "hidden") => {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", browser.addEventListener.bind(browser));
  connected = true;
  page.visibilityState = "visible";
  life = new AbortController();
  followPage({
    ...follower,
    link: () => link,
    jumped,
    connected: () => connected,
    signal: life.signal,
    random: () => 0.5,
  });
  vi.clearAllMocks();
});
afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
});

test("a hidden page pauses, and one that is shown resumes and looks at the link", () => {
  turn("hidden");
  expect(follower.pause).toHaveBeenCalledExactlyOnceWith("hidden");
  turn("visible");
  expect(follower.resume).toHaveBeenCalledExactlyOnceWith("hidden");
  expect(link.wake).toHaveBeenCalledOnce();
});

describe("a page that is put aside", () => {
  test("gives its connection back, and takes it up when it is fetched again", () => {
    tell("pagehide");
    expect(follower.disconnect).toHaveBeenCalledOnce();
    connected = false;
    tell("pageshow", { persisted: true });
    expect(follower.connect).toHaveBeenCalledOnce();
  });

  test("does the same when it is frozen and thawed, once where it is kept for the back button as well", () => {
    page.dispatchEvent(new Event("freeze"));
    expect(follower.disconnect).toHaveBeenCalledOnce();
    page.dispatchEvent(new Event("resume"));
    expect(follower.connect).toHaveBeenCalledOnce();
    tell("pagehide");
    connected = false;
    page.dispatchEvent(new Event("freeze"));
    page.dispatchEvent(new Event("resume"));
    tell("pageshow", { persisted: true });
    expect(follower.connect).toHaveBeenCalledTimes(2);
  });

  test("does not connect when it was not connected, nor when it is loaded", () => {
    tell("pageshow", { persisted: false });
    connected = false;
    tell("pagehide");
    tell("pageshow", { persisted: true });
    expect(follower.connect).not.toHaveBeenCalled();
  });
});

test("a network that is found is tried after a moment that differs from page to page, once", async () => {
  tell("online");
  tell("online");
  await vi.advanceTimersByTimeAsync(249);
  expect(link.networkChanged).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(link.networkChanged).toHaveBeenCalledOnce();
});

test("a jump of the clock is noticed, forwards and backwards", async () => {
  await vi.advanceTimersByTimeAsync(30_000);
  expect(jumped).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(5000);
  expect(jumped).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() - 60_000);
  await vi.advanceTimersByTimeAsync(5000);
  expect(jumped).toHaveBeenCalledTimes(2);
  expect(link.wake).toHaveBeenCalledTimes(2);
});

test("nothing is left when it ends", async () => {
  life.abort();
  turn("hidden");
  tell("pagehide");
  tell("online");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(vi.getTimerCount()).toBe(0);
  for (const call of Object.values({ ...follower, ...link })) expect(call).not.toHaveBeenCalled();
});
