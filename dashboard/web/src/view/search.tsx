import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { SymbolInfo } from "../model/api.ts";
import { CheckIcon, PlusIcon, SearchIcon } from "./icons.tsx";
import type { Services } from "./services.ts";

const limit = 20;
const typingPause = 120; // ms

type Results =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly query: string; readonly records: readonly SymbolInfo[] }
  | { readonly kind: "failed" };

/** Finds symbols by name and puts them on the list: a combobox whose choices stay open for more. */
export function Search({ services: { workspace, api, open: openDetail } }: { readonly services: Services }) {
  const input = useRef<HTMLInputElement>(null);
  const query = useSignal("");
  const results = useSignal<Results>({ kind: "none" });
  const open = useSignal(false);
  const active = useSignal(0);
  /** Enter was pressed before the answer to this text had come: it holds for the first one in it. */
  const hurried = useRef<{ readonly text: string; readonly detail: boolean } | null>(null);

  const take = useRef<(record: SymbolInfo, detailed: boolean) => void>(() => {});

  const text = query.value.trim();
  useEffect(() => {
    if (text === "") {
      results.value = { kind: "none" };
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const records = await api.search(text, limit, abort.signal);
        if (abort.signal.aborted) return;
        results.value = { kind: "found", query: text, records };
        active.value = 0;
        const enter = hurried.current;
        if (enter?.text !== text) return; // none, or it is for a text that has not been asked for yet
        hurried.current = null;
        const first = records[0];
        if (first) take.current(first, enter.detail);
      } catch {
        if (!abort.signal.aborted) results.value = { kind: "failed" };
      }
    }, typingPause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, api, results, active]);

  const watched = new Set(workspace.symbols.value ?? []);
  const found = results.value;
  const records = found.kind === "found" ? found.records : [];
  const shown = open.value && text !== "" && found.kind !== "none";
  const current = records[active.value];

  const close = () => {
    open.value = false;
  };
  const detail = (symbol: string) => {
    close();
    query.value = "";
    openDetail(symbol);
  };
  const choose = (record: SymbolInfo) => {
    if (watched.has(record.symbol)) detail(record.symbol);
    else {
      workspace.add(record);
      input.current?.select();
    }
  };
  take.current = (record, detailed) => (detailed ? detail(record.symbol) : choose(record));
  const move = (by: number) => {
    if (records.length === 0) return;
    open.value = true;
    active.value = (active.value + by + records.length) % records.length;
    document.getElementById(`result-${active.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    switch (event.key) {
      case "ArrowDown":
        move(1);
        break;
      case "ArrowUp":
        move(-1);
        break;
      case "Enter": {
        const now = query.peek().trim(); // which may not have been drawn yet
        if (found.kind !== "found" || found.query !== now) hurried.current = { text: now, detail: event.shiftKey };
        else if (shown && current) take.current(current, event.shiftKey);
        break;
      }
      case "Escape":
        hurried.current = null;
        if (query.value === "") input.current?.blur();
        query.value = "";
        close();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <search class="search">
      <SearchIcon />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Find a symbol to add"
        aria-expanded={shown}
        aria-controls="results"
        aria-autocomplete="list"
        aria-activedescendant={shown && current ? `result-${active.value}` : undefined}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        enterkeyhint="done"
        placeholder="Add a symbol by ticker or name"
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          hurried.current = null;
          open.value = true;
        }}
        onFocus={() => {
          open.value = true;
        }}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <kbd title="Press / to search">/</kbd>
      <div class="results" hidden={!shown}>
        {/* The listbox keeps the focus in the input: options answer to the pointer before it blurs. */}
        <div id="results" role="listbox" aria-label="Symbols found">
          {records.map((record, index) => {
            const on = watched.has(record.symbol);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, which keeps the focus
              <div
                key={record.symbol}
                id={`result-${index}`}
                class="result"
                role="option"
                tabIndex={-1}
                aria-selected={index === active.value}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => choose(record)}
                onPointerMove={() => {
                  active.value = index;
                }}
              >
                <span class="ticker">{record.symbol}</span>
                <span class="name">{record.name}</span>
                <span class="sector">{record.sector}</span>
                <span class="does" data-on={on}>
                  {on ? <CheckIcon /> : <PlusIcon />}
                  {on ? "In this list" : "Add"}
                </span>
              </div>
            );
          })}
        </div>
        {found.kind === "found" && records.length === 0 && <p>No symbol or name matches “{found.query}”.</p>}
        {found.kind === "failed" && <p>The search does not answer. It works again when the connection is back.</p>}
      </div>
    </search>
  );
}
