import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { spawnTied } from "../../tools/tied.mjs";
import type { Name, Part, Role, Screen } from "./screen.ts";
import { scrolledByScript } from "./scroll.ts";
import { eventually } from "./server.ts";

/*
 * Firefox by WebDriver BiDi, as far as a walk needs it: playwright-core drives only a Firefox of its own. The commands are
 * those of https://w3c.github.io/webdriver-bidi.
 */

const program = process.env["FIREFOX"] ?? "firefox-esr";

interface Message {
  readonly id?: number;
  readonly type?: string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** A running Firefox without a window. */
export interface Firefox {
  /** Opens a tab of this size. */
  open(url: string, size: { readonly width: number; readonly height: number }): Promise<FirefoxPage>;
  close(): Promise<void>;
}

export interface FirefoxPage {
  readonly screen: Screen;
  /** Errors and warnings of scripts, and violations of the security policy. */
  readonly complaints: readonly string[];
  goto(url: string): Promise<void>;
  close(): Promise<void>;
}

/** The connection to the browser: commands and their answers, and events. */
async function connect(address: string, onEvent: (method: string, params: unknown) => void) {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, "open");
  const waiting = new Map<number, (answer: Message) => void>();
  let sent = 0;
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    else if (message.method) onEvent(message.method, message.params);
  });
  return {
    async send(method: string, params: object): Promise<unknown> {
      const id = ++sent;
      const answered = new Promise<Message>((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params }));
      const answer = await answered;
      waiting.delete(id);
      if (answer.type === "error") throw new Error(`${method}: ${answer.error}: ${answer.message}`);
      return answer.result;
    },
    close: () => socket.close(),
  };
}
type Connection = Awaited<ReturnType<typeof connect>>;

/** A part by its role and name, within the one before it. */
interface Link {
  readonly role: string;
  readonly name: string | null;
  readonly pattern: readonly [source: string, flags: string] | null;
  readonly exact: boolean;
  readonly first: boolean;
}

/** Runs in the page: the elements with these roles and names that are shown. Chromium checks names as browsers compute them. */
function findParts(chain: readonly Link[]): readonly Element[] {
  const tags: Readonly<Record<string, string>> = {
    button: "button:not([role]), input[type=file]",
    textbox: "input[type=text]:not([role]), textarea",
    radio: "input[type=radio]",
    checkbox: "input[type=checkbox]",
    group: "fieldset",
    heading: "h1, h2, h3",
    dialog: "dialog[open]",
    region: "section[aria-label]:not([role])",
    banner: "header",
    main: "main",
    columnheader: "th",
  };
  const nameOf = (element: Element): string => {
    const by = element.getAttribute("aria-labelledby");
    const label =
      element.getAttribute("aria-label") ??
      (by && document.getElementById(by)?.textContent) ??
      (element instanceof HTMLFieldSetElement ? element.querySelector("legend")?.textContent : null) ??
      (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
        ? element.labels?.[0]?.textContent
        : null);
    const text =
      label || (element instanceof HTMLElement ? element.innerText : "") || element.getAttribute("title") || "";
    return text.replace(/\s+/g, " ").trim();
  };
  let found: readonly Element[] = [document.documentElement];
  for (const { role, name, pattern, exact, first } of chain) {
    const fits = (element: Element) => {
      if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("[inert]")) return false;
      if (pattern) return new RegExp(...pattern).test(nameOf(element));
      if (name === null) return true;
      return exact ? nameOf(element) === name : nameOf(element).toLowerCase().includes(name.toLowerCase());
    };
    const selector = [`[role="${role}"]`, ...(tags[role] ? [tags[role]] : [])].join();
    found = [...new Set(found.flatMap((one) => [...one.querySelectorAll(selector)]))].filter(fits);
    if (first) found = found.slice(0, 1);
  }
  return found;
}

/** Runs in the page: notes what comes of the next tap. */
const watchTap = () => {
  const known = Reflect.get(window, "tapped") as string[] | undefined;
  if (known) {
    known.length = 0;
    return;
  }
  const tapped: string[] = [];
  Reflect.set(window, "tapped", tapped);
  for (const type of ["pointerdown", "pointerup", "pointercancel", "click"]) {
    const note = ({ target }: Event) => tapped.push(`${type} ${target instanceof Element ? target.className : ""}`);
    document.addEventListener(type, note, { capture: true });
  }
};

/**
 * Runs in the page. From its last control, Tab goes on to those of the browser, where BiDi sends no keys; after them comes
 * the first control of the page. This leaves them out.
 */
const skipBrowser = () => {
  const now = document.activeElement;
  if (!(now instanceof HTMLElement) || now === document.body) return;
  const within = document.querySelector("dialog[open]") ?? document;
  const after = [...within.querySelectorAll<HTMLElement>("a[href], button, input, textarea, [tabindex]")].filter(
    (element) =>
      now.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING &&
      element.tabIndex >= 0 &&
      !element.matches(":disabled") &&
      !element.closest("[inert]") &&
      !(
        now instanceof HTMLInputElement &&
        element instanceof HTMLInputElement &&
        now.name &&
        now.name === element.name
      ) &&
      element.checkVisibility({ visibilityProperty: true }),
  );
  if (after.length > 0) return;
  now.blur();
  getSelection()?.collapse(document.body, 0);
};

const keys: Readonly<Record<string, string>> = {
  Backspace: "\uE003",
  Tab: "\uE004",
  Enter: "\uE007",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Escape: "\uE00C",
  PageUp: "\uE00E",
  PageDown: "\uE00F",
  End: "\uE010",
  Home: "\uE011",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  Delete: "\uE017",
  F6: "\uE036",
};

/** A page of Firefox as a walk sees it. */
function firefoxScreen({ send }: Connection, context: string, width: number, reload: () => Promise<void>): Screen {
  const run = async (expression: string): Promise<unknown> => {
    const answer = (await send("script.evaluate", {
      expression: `(async () => JSON.stringify({ value: await ${expression} }))()`,
      target: { context },
      awaitPromise: true,
    })) as { readonly result?: { readonly value: string }; readonly exceptionDetails?: { readonly text: string } };
    if (!answer.result) throw new Error(answer.exceptionDetails?.text);
    return (JSON.parse(answer.result.value) as { readonly value?: unknown }).value;
  };
  const perform = (actions: readonly object[]) => send("input.performActions", { context, actions });
  const typeKeys = (actions: readonly object[]) => perform([{ type: "key", id: "keyboard", actions }]);
  const touch = (actions: readonly object[]) =>
    perform([{ type: "pointer", id: "finger", parameters: { pointerType: "touch" }, actions }]);

  const partOf = (chain: readonly Link[]): Part => {
    const found = `(${findParts})(${JSON.stringify(chain)})`;
    const said = JSON.stringify(chain.map(({ role, name, pattern }) => `${role} ${name ?? pattern?.[0] ?? ""}`));
    const count = async () => Number(await run(`${found}.length`));
    const is = (shown: boolean) =>
      eventually(async () => {
        if ((await count()) > 0 !== shown) throw new Error(`${said} is ${shown ? "not " : ""}there`);
      }, 10_000);
    return {
      getByRole: (role, name) => partOf([...chain, linkOf(role, name)]),
      first: () => partOf([...chain.slice(0, -1), ...chain.slice(-1).map((link) => ({ ...link, first: true }))]),
      count,
      waitFor: ({ state = "visible" } = {}) => is(state === "visible"),
      async evaluate<T>(does: (element: HTMLElement) => T) {
        await is(true);
        return (await run(`(${does})(${found}[0])`)) as T;
      },
    };
  };
  /** The middle of what is in sight of a part, after scrolling to it. */
  const middleOf = async (part: Part) => {
    await part.evaluate((element) => element.scrollIntoView({ block: "nearest", inline: "nearest" }));
    const fault = await part.evaluate(scrolledByScript);
    if (fault) throw new Error(`it ${fault}`);
    return part.evaluate((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const middle = (from: number, to: number, end: number) => Math.round((Math.max(0, from) + Math.min(end, to)) / 2);
      return { x: middle(left, right, innerWidth), y: middle(top, bottom, innerHeight) };
    });
  };
  return {
    width,
    getByRole: (role, name) => partOf([linkOf(role, name)]),
    evaluate: async <T>(does: () => T) => (await run(`(${does})()`)) as T,
    async press(key) {
      if (key === "Tab") await run(`(${skipBrowser})()`);
      const all = key.split("+").map((one) => keys[one] ?? one);
      await typeKeys([
        ...all.map((value) => ({ type: "keyDown", value })),
        ...all.reverse().map((value) => ({ type: "keyUp", value })),
      ]);
    },
    async type(text) {
      await typeKeys(
        [...text].flatMap((value) => [
          { type: "keyDown", value },
          { type: "keyUp", value },
        ]),
      );
    },
    async tap(on) {
      const at = "x" in on ? on : await middleOf(on);
      await run(`(${watchTap})()`);
      await touch([
        { type: "pointerMove", x: Math.round(at.x), y: Math.round(at.y) },
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ]);
      await eventually(async () => {
        const tapped = String(await run("tapped.join()"));
        if (!tapped.includes("click")) throw new Error(`a tap at ${at.x}, ${at.y} came to nothing but: ${tapped}`);
      }, 5000);
    },
    // Its touches by BiDi scroll nothing.
    reload,
  };
}

const linkOf = (role: Role, { name, exact = false }: Name = {}): Link => ({
  role,
  name: typeof name === "string" ? name : null,
  pattern: name instanceof RegExp ? [name.source, name.flags] : null,
  exact,
  first: false,
});

/** Starts it with a profile of its own. */
export async function startFirefox(): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), "tickertape-firefox-"));
  const child = spawnTied(program, ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
  });
  const complaints = new Map<string, string[]>();
  const connection = await connect(`${address}/session`, (method, params) => {
    const { source, level, text, data } = params as {
      readonly source?: { readonly context?: string };
      readonly level?: string;
      readonly text?: string;
      readonly data?: { readonly value?: string };
    };
    const of = complaints.get(source?.context ?? "");
    if (method === "log.entryAdded" && (level === "error" || level === "warn")) of?.push(`console: ${text}`);
    if (method === "script.message") of?.push(`policy: ${data?.value}`);
  });
  const { send } = connection;
  await send("session.new", { capabilities: {} });
  await send("session.subscribe", { events: ["log.entryAdded", "script.message"] });
  await send("script.addPreloadScript", {
    functionDeclaration: String((report: (text: string) => void) => {
      document.addEventListener("securitypolicyviolation", (event) =>
        report(`${event.violatedDirective} ${event.blockedURI}`),
      );
    }),
    arguments: [{ type: "channel", value: { channel: "violations" } }],
  });
  return {
    async open(url, { width, height }) {
      const { context } = (await send("browsingContext.create", { type: "tab" })) as { readonly context: string };
      const own: string[] = [];
      complaints.set(context, own);
      await send("browsingContext.setViewport", { context, viewport: { width, height } });
      const goto = async (to: string) => {
        await send("browsingContext.navigate", { context, url: to, wait: "complete" });
      };
      await goto(url);
      return {
        screen: firefoxScreen(connection, context, width, () => goto(new URL(url).origin)),
        complaints: own,
        goto,
        close: async () => void (await send("browsingContext.close", { context })),
      };
    },
    async close() {
      connection.close();
      const gone = once(child, "exit");
      child.kill();
      await gone;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
