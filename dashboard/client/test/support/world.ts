import type { Channel } from "../../src/tabs/notes.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { createFakeServer, type FakeServer } from "./server.ts";

/** A tab of the world as the browser sees it. */
export interface Process {
  readonly number: number;
  /** Runs nothing, until it is thawed: then everything that was due. */
  frozen: boolean;
  /** Since when, in ms; null while it is shown. Its timers are slow then. */
  hidden: number | null;
  dead: boolean;
  thawed: number;
  readonly held: Task[];
  readonly timers: Set<Task>;
  readonly channels: Set<Channel>;
}

interface Task {
  at: number;
  readonly process: Process | null;
  readonly timer: boolean;
  readonly run: () => void;
  cancelled: boolean;
}

interface Request {
  readonly process: Process;
  /** It excludes nobody but those that are not shared. Here such a lock is given back at once. */
  readonly shared: boolean;
  readonly run: () => unknown;
  readonly resolve: (value?: unknown) => void;
  readonly reject: (reason: Error) => void;
}

const slowAfter = 30_000; // ms until the timers of a hidden tab run once a minute; browsers wait five minutes
const refused = () => new DOMException("aborted", "AbortError");

/**
 * A browser with tabs and a server, in virtual time: each tab runs its own tasks, one after another. How long messages
 * take is up to `chance`; those from one sender over one channel stay in order. `log` is told what tabs ask and tell.
 */
export function createWorld(chance: () => number, log: (...what: readonly unknown[]) => void = () => {}) {
  const tasks: Task[] = []; // the last is the next
  let now = 1_000_000;
  let current: Process | null = null;
  let count = 0; // of tabs

  const latency = () => {
    const dice = chance();
    return dice < 0.5 ? 0 : dice < 0.97 ? Math.floor(dice * 10) : 60;
  };
  const insert = (task: Task) => {
    let at = tasks.length;
    while (at > 0 && (tasks[at - 1] as Task).at <= task.at) at--;
    tasks.splice(at, 0, task);
  };
  const plan = (at: number, process: Process | null, run: () => void, timer = false): Task => {
    const task = { at, process, run, timer, cancelled: false };
    insert(task);
    return task;
  };
  /** Plans tasks that stay in their order. */
  const ordered = () => {
    let last = 0;
    return (process: Process | null, run: () => void) => {
      last = Math.max(last, now + latency());
      plan(last, process, run);
    };
  };

  const setTimer = (run: () => void, ms = 0, every = false, ...rest: readonly unknown[]) => {
    const process = current;
    const task: Task = plan(
      now + Math.max(0, ms),
      process,
      () => {
        process?.timers.delete(task);
        if (every) {
          task.at = now + ms;
          process?.timers.add(task);
          insert(task);
        }
        (run as (...rest: readonly unknown[]) => void)(...rest);
      },
      true,
    );
    process?.timers.add(task);
    return task as never;
  };
  const clear = (task: Task | undefined) => {
    if (!task) return;
    task.cancelled = true;
    task.process?.timers.delete(task);
  };
  const real = { setTimeout, setInterval, clearTimeout, clearInterval };
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms: number, ...rest: readonly unknown[]) => setTimer(run, ms, false, ...rest),
    setInterval: (run: () => void, ms: number, ...rest: readonly unknown[]) => setTimer(run, ms, true, ...rest),
    clearTimeout: clear,
    clearInterval: clear,
  });

  const locks = new Map<string, { holder: Request | null; queue: Request[] }>();
  const lockOf = (name: string) => {
    const lock = locks.get(name) ?? { holder: null, queue: [] };
    locks.set(name, lock);
    return lock;
  };
  const release = (name: string, request: Request) => {
    const lock = lockOf(name);
    lock.queue = lock.queue.filter((other) => other !== request);
    if (lock.holder !== request) return;
    lock.holder = null;
    grant(name);
  };
  const grant = (name: string) => {
    const lock = lockOf(name);
    const next = lock.holder ? undefined : lock.queue.shift();
    if (!next) {
      if (!lock.holder) locks.delete(name);
      return;
    }
    if (next.shared) {
      plan(now + latency(), next.process, () => next.resolve(next.run()));
      grant(name);
      return;
    }
    lock.holder = next;
    plan(now + latency(), next.process, () => {
      // The callback runs also where the lock has been stolen meanwhile: the browser has granted it.
      Promise.resolve(next.run()).then(
        (value) => {
          release(name, next);
          next.resolve(value);
        },
        (error) => {
          release(name, next);
          next.reject(error);
        },
      );
    });
  };
  const manager = {
    request(name: string, ...rest: unknown[]): Promise<unknown> {
      const process = current as Process;
      const run = rest.at(-1) as () => unknown;
      const { signal, steal, mode } = (rest.length > 1 ? rest[0] : {}) as LockOptions;
      log(now, process.number, steal ? "steals" : "asks for", name);
      return new Promise((resolve, reject) => {
        const request: Request = { process, shared: mode === "shared", run, resolve, reject };
        const lock = lockOf(name);
        if (steal) {
          const { holder } = lock;
          if (holder) plan(now + 3 + latency(), holder.process, () => holder.reject(refused()));
          lock.holder = null;
          lock.queue.unshift(request);
        } else lock.queue.push(request);
        signal?.addEventListener("abort", () => {
          const { queue } = lockOf(name);
          if (!queue.includes(request)) return;
          release(name, request);
          reject(refused());
        });
        grant(name);
      });
    },
  };

  const open = new Map<string, Set<FakeChannel>>();
  class FakeChannel implements Channel {
    readonly process = current as Process;
    readonly name: string;
    private hear: ((event: Event) => void) | null = null;
    private closed = false;
    private readonly ways = new Map<FakeChannel, ReturnType<typeof ordered>>();
    constructor(name: string) {
      this.name = name;
      const set = open.get(name) ?? new Set();
      open.set(name, set.add(this));
      this.process.channels.add(this);
    }
    postMessage(data: unknown): void {
      if (this.closed) throw new DOMException("closed", "InvalidStateError");
      for (const other of open.get(this.name) ?? []) {
        if (other === this) continue;
        log(now, this.process.number, "tells", other.process.number, data);
        const way = this.ways.get(other) ?? ordered();
        this.ways.set(other, way);
        way(other.process, () => {
          if (!other.closed) other.hear?.({ data } as MessageEvent);
        });
      }
    }
    addEventListener(_: string, listener: (event: Event) => void): void {
      this.hear = listener;
    }
    close(): void {
      this.closed = true;
      this.process.channels.delete(this);
      const set = open.get(this.name);
      set?.delete(this);
      if (set?.size === 0) open.delete(this.name);
    }
  }

  const server: FakeServer = createFakeServer(
    (ms, run) => plan(now + ms, null, run),
    () => now,
  );
  const transport: Transport = {
    name: "websocket",
    duplex: true,
    quiet: 0,
    open(request, handlers) {
      const process = current as Process;
      const down = ordered();
      const up = ordered();
      let mine = true;
      const connection = server.accept(process, {
        message: (message) => down(process, () => mine && handlers.message(message)),
        closed: (closing) => down(process, () => mine && handlers.closed(closing)),
      });
      up(null, () => connection.open(request));
      return {
        send(message) {
          up(null, () => connection.receive(message));
          return true;
        },
        buffered: () => 0,
        close() {
          mine = false;
          up(null, connection.close);
        },
      };
    },
  };

  /** Runs a function as a task of a tab. */
  const within = async (process: Process | null, run: () => void) => {
    current = process;
    run();
    for (let i = 0; i < 6; i++) await null; // the microtasks belong to the task
    current = null;
  };
  /** When a timer of a hidden tab runs. */
  const slowed = ({ at, process, timer }: Task): number => {
    if (!timer || !process || process.hidden === null) return at;
    const step = now - process.hidden > slowAfter ? 60_000 : 1000;
    return Math.ceil(at / step) * step;
  };

  return {
    server,
    transport,
    locks: manager as unknown as Pick<LockManager, "request">,
    channel: (name: string): Channel => new FakeChannel(name),
    now: () => now,
    within,
    process: (): Process => ({
      number: count++,
      frozen: false,
      hidden: null,
      dead: false,
      thawed: now,
      held: [],
      timers: new Set(),
      channels: new Set(),
    }),
    /** The locks that a tab has or waits for. */
    locked: (process: Process): readonly string[] =>
      [...locks].flatMap(([name, { holder, queue }]) =>
        [holder, ...queue].flatMap((one) => (one?.process === process ? [`${one === holder} ${name}`] : [])),
      ),

    thaw(process: Process): void {
      process.frozen = false;
      process.thawed = now;
      for (const task of process.held.splice(0)) insert(Object.assign(task, { at: now }));
    },
    /** Ends a tab without a word. */
    kill(process: Process): void {
      process.dead = true;
      server.forget(process);
      for (const channel of process.channels) channel.close();
      for (const task of process.timers) task.cancelled = true;
      for (const [name, { holder, queue }] of locks) {
        for (const request of [...queue, holder]) if (request?.process === process) release(name, request);
      }
    },
    /** Lets so many ms pass. */
    async advance(ms: number): Promise<void> {
      const until = now + ms;
      for (let next = tasks.at(-1); next && next.at <= until; next = tasks.at(-1)) {
        tasks.pop();
        const { process } = next;
        now = Math.max(now, next.at);
        if (next.cancelled || process?.dead) continue;
        if (process?.frozen) {
          process.held.push(next);
          continue;
        }
        const at = slowed(next);
        if (at > now) insert(Object.assign(next, { at }));
        else await within(process, next.run);
      }
      now = until;
    },
    /** Gives the timers of the platform back. */
    end(): void {
      Object.assign(globalThis, real);
    },
  };
}
