import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createTabs, type Step, someSymbols } from "../../test/support/tabs.ts";

/*
 * Tabs, their browser and their server in virtual time: whatever happens in whatever order, three seconds after the last
 * of it each tab that is looked at has what the server says: quotes, bars and trades.
 */

let ended: () => void = () => {};
afterEach(() => ended());

const check = async (seed: number, steps: readonly Step[], log?: (...what: readonly unknown[]) => void) => {
  const tabs = createTabs(seed, log);
  ended = tabs.world.end;
  try {
    await tabs.run(steps);
  } finally {
    tabs.world.end();
  }
  return tabs;
};

const tab = fc.nat(4);
const list = fc.nat(255);
const anything: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("open"), tab, list) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("close", "kill", "disconnect"), tab) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("freeze", "thaw"), tab) },
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("hide", "show"), tab) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("connect"), tab) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("want"), tab, list) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("tick"), fc.nat(3)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("drop", "down", "up")) },
  { weight: 8, arbitrary: fc.tuple(fc.constant("wait"), fc.constantFrom(0, 1, 5, 20, 60, 300, 1100, 2600)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("wait"), fc.constantFrom(12_000, 45_000, 200_000)) },
) as fc.Arbitrary<Step>;

const runs = Number(process.env["RUNS"] ?? 1000);

describe("whatever happens to tabs and server", () => {
  test.each<{
    readonly name: string;
    readonly seed: number;
    readonly lists?: readonly [number, number];
    readonly steps: readonly Step[];
  }>([
    {
      name: "the leader is frozen without a word",
      seed: 1,
      steps: [
        ["wait", 300],
        ["freeze", 0],
      ],
    },
    {
      name: "the leader leaves, and who would be next is frozen",
      seed: 1,
      steps: [
        ["open", 2],
        ["wait", 300],
        ["freeze", 1],
        ["close", 0],
      ],
    },
    {
      name: "a tab comes back while the leader that watched it is frozen",
      seed: 1,
      steps: [
        ["open", 2],
        ["wait", 300],
        ["freeze", 0],
        ["disconnect", 1],
        ["connect", 1],
      ],
    },
    {
      name: "a leader that was deposed while it was frozen comes back",
      seed: 1,
      steps: [
        ["freeze", 0],
        ["wait", 12_000],
        ["thaw", 0],
      ],
    },
    {
      name: "the leader reconnects",
      seed: 1,
      steps: [
        ["wait", 300],
        ["disconnect", 0],
        ["connect", 0],
      ],
    },
    {
      name: "the leader is killed",
      seed: 1,
      steps: [
        ["wait", 300],
        ["kill", 0],
      ],
    },
    {
      name: "the timers of a hidden leader are slow, and a tab wants more",
      seed: 1,
      steps: [
        ["hide", 0],
        ["wait", 45_000],
        ["want", 1, 15],
      ],
    },
    {
      name: "the timers of a hidden leader are slow, and the server drops it",
      seed: 1,
      steps: [["hide", 0], ["wait", 45_000], ["drop"]],
    },
    {
      name: "all were hidden for long, and one is shown",
      seed: 1,
      steps: [
        ["hide", 0],
        ["hide", 1],
        ["wait", 400_000],
        ["show", 1],
      ],
    },
    {
      name: "prices change while a tab is hidden, and it wants another list when it is shown",
      seed: 1,
      steps: [
        ["wait", 300],
        ["hide", 1],
        ["wait", 300],
        ["tick", 0],
        ["tick", 1],
        ["wait", 300],
        ["want", 1, 12],
        ["show", 1],
      ],
    },
    { name: "a tab leads before it has its own lock", seed: 1_555_702_506, steps: [["tick", 0]] },
    {
      name: "a thief has its lock stolen before it knows that it had it",
      seed: 608_806_927,
      steps: [["wait", 12_000], ["open", 2], ["hide", 0], ["drop"], ["want", 0, 0]],
    },
    {
      name: "four tabs take the lead from one another",
      seed: 372_881_488,
      steps: [
        ["open", 4],
        ["freeze", 0],
        ["open", 2],
        ["open", 3],
        ["hide", 0],
      ],
    },
    {
      name: "a join is overtaken by the next one",
      seed: 1_334_310_884,
      steps: [
        ["open", 2],
        ["open", 3],
        ["freeze", 0],
      ],
    },
    {
      name: "a tab joins while the stream of the leader resumes",
      seed: 0,
      steps: [["wait", 2600], ["freeze", 0], ["open", 2], ["drop"], ["want", 1, 1], ["hide", 0]],
    },
    {
      name: "a tab is hidden and shown while it is disconnected",
      seed: 0,
      steps: [
        ["disconnect", 0],
        ["hide", 0],
        ["show", 0],
        ["want", 0, 0],
      ],
    },
    {
      name: "a symbol is given up and wanted again before the server hears of it",
      seed: 0,
      steps: [
        ["close", 0],
        ["wait", 300],
        ["want", 1, 0],
        ["want", 1, 5],
      ],
    },
    {
      name: "a tab that has led before leads again, and has forgotten a series meanwhile",
      seed: 1,
      lists: [0b0100_0000, 0],
      steps: [
        ["wait", 600],
        ["disconnect", 0],
        ["wait", 300],
        ["connect", 0],
        ["wait", 300],
        ["want", 0, 0],
        ["tick", 0],
        ["wait", 300],
        ["want", 0, 0b0100_0000],
        ["kill", 1],
      ],
    },
    {
      name: "a tab that has been hidden for long is shown",
      seed: 1,
      lists: [0b0001, 0b0110],
      steps: [
        ["wait", 300],
        ["hide", 1],
        ["wait", 200_000],
        ["tick", 1],
        ["tick", 2],
        ["wait", 300],
        ["show", 1],
      ],
    },
    {
      name: "a tab has been hidden for long",
      seed: 1,
      lists: [0b0001, 0b0110],
      steps: [
        ["wait", 300],
        ["hide", 1],
        ["wait", 200_000],
      ],
    },
    {
      name: "a series changes between the moment in which it was given up and the one in which it is wanted again",
      seed: 0,
      lists: [0b1000_0000, 0],
      steps: [
        ["wait", 300],
        ["open", 2, 0b1000_0000],
        ["tick", 1],
        ["hide", 0],
        ["want", 0, 0],
      ],
    },
    {
      name: "a tab that is hidden comes back after long",
      seed: 0,
      lists: [0b0001_0001, 0],
      steps: [
        ["hide", 0],
        ["disconnect", 0],
        ["wait", 200_000],
        ["connect", 0],
      ],
    },
    {
      name: "a thief hears that the leader is deposed before it has the lock",
      seed: 4_447_994,
      lists: [0, 0],
      steps: [
        ["close", 1],
        ["hide", 0],
        ["wait", 45_000],
        ["open", 1, 193],
        ["open", 0, 0],
      ],
    },
    {
      name: "the leader was hidden alone while prices changed",
      seed: 0,
      lists: [0, 34],
      steps: [
        ["wait", 1100],
        ["close", 0],
        ["hide", 1],
        ["tick", 1],
        ["wait", 12_000],
        ["show", 1],
        ["open", 0, 0],
      ],
    },
    {
      name: "a tab dies that a frozen one has watched as well",
      seed: 826_478_822,
      lists: [145, 114],
      steps: [
        ["wait", 200_000],
        ["open", 2, 0],
        ["freeze", 0],
        ["wait", 2600],
        ["kill", 1],
      ],
    },
  ])("$name", async ({ seed, lists: [one, other] = [someSymbols, someSymbols], steps }) => {
    await check(seed, [["open", 0, one], ["open", 1, other], ...steps]);
  });

  test(`each tab that is looked at has what the server says within 3 s, ${runs} schedules`, {
    timeout: 10_000 + runs * 60,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        list,
        list,
        fc.array(anything, { minLength: 1, maxLength: 30 }),
        async (seed, one, other, steps) => {
          await check(seed, [["open", 0, one], ["open", 1, other], ...steps]);
        },
      ),
      { numRuns: runs, ...(process.env["SEED"] && { seed: Number(process.env["SEED"]) }) },
    );
  });
});

test("a message is copied for those tabs alone that look at what is in it", async () => {
  const copies: unknown[] = []; // of prices, by the tab that gets them
  const tabs = createTabs(1, (_, __, ___, to, data) => {
    if (JSON.stringify(data)?.includes('"update"')) copies.push(to);
  });
  ended = tabs.world.end;
  for (const at of [0, 1, 2, 3, 4]) await tabs.step(["open", at]);
  await tabs.step(["want", 1, 0b0001]);
  await tabs.step(["want", 2, 0b0010]);
  for (const at of [3, 4]) await tabs.step(["hide", at]);
  await tabs.step(["wait", 1000]);
  copies.length = 0;
  for (const symbol of [0, 0, 1, 3]) {
    await tabs.step(["tick", symbol]);
    await tabs.step(["wait", 300]);
  }
  expect(copies).toEqual([1, 1, 2]);
});

// One schedule again, with what the tabs say: SCHEDULE='[seed,list,list,[["wait",300],…]]'.
const again = process.env["SCHEDULE"];
test.runIf(again)("a schedule that is given", async () => {
  const [seed, one, other, steps] = JSON.parse(again ?? "") as [number, number, number, readonly Step[]];
  await check(seed, [["open", 0, one], ["open", 1, other], ...steps], (...what) =>
    console.log(...what.map((one) => JSON.stringify(one))),
  );
});
