import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { SymbolInfo } from "../model/api.ts";
import { SearchIcon } from "./icons.tsx";
import { useLater } from "./later.ts";
import { outcomeText, useResults } from "./results.ts";
import type { Services } from "./services.ts";

/** Enter was pressed before the answer to this text had arrived. */
interface EarlyEnter {
  readonly text: string;
  /** Whether Shift was pressed, which opens the detail. */
  readonly detail: boolean;
}

/** Finds symbols by ticker or name, and adds them to the list: a combobox that stays open for more. */
export function Search({ services }: { readonly services: Services }) {
  const { id, workspace, api, detail } = services;
  const input = useRef<HTMLInputElement>(null);
  const query = useSignal("");
  const open = useSignal(false);
  const active = useSignal(0);
  const early = useRef<EarlyEnter | null>(null);
  const part = useLater(
    () => import("./resultlist.tsx"),
    open.value,
    () => {}, // then the search fails, and says so
  );

  const close = () => {
    open.value = false;
  };
  const showDetail = (symbol: string) => {
    close();
    query.value = "";
    detail.open(symbol);
  };
  const listed = new Set(workspace.symbols.value ?? []);
  const choose = (record: SymbolInfo, detailed: boolean) => {
    if (detailed || listed.has(record.symbol)) showDetail(record.symbol);
    else {
      workspace.add(record);
      input.current?.select();
    }
  };

  const text = query.value.trim();
  const results = useResults(api, text, (answered, [first]) => {
    active.value = 0;
    const enter = early.current;
    if (enter?.text !== answered) return; // none was pressed, or it is for a text that is still to be searched for
    early.current = null;
    if (first) choose(first, enter.detail);
  });
  const found = results.value;
  const records = found.kind === "found" ? found.records : [];
  const shown = open.value && text !== "" && found.kind !== "none";
  const current = records[active.value];

  const move = (by: number) => {
    if (records.length === 0) return;
    open.value = true;
    active.value = (active.value + by + records.length) % records.length;
    document.getElementById(`${id}-result-${active.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const enter = (detailed: boolean) => {
    const now = query.peek().trim(); // what was typed last may not be drawn yet
    if (found.kind !== "found" || found.query !== now) early.current = { text: now, detail: detailed };
    else if (shown && current) choose(current, detailed);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") enter(event.shiftKey);
    else if (event.key === "Escape") {
      early.current = null;
      if (query.value === "") input.current?.blur();
      query.value = "";
      close();
    } else return;
    event.preventDefault();
  };

  return (
    <search class="search">
      <SearchIcon />
      <Field
        input={input}
        value={query.value}
        id={id}
        active={shown && current ? `${id}-result-${active.value}` : undefined}
        expanded={shown}
        onInput={(typed) => {
          query.value = typed;
          early.current = null;
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
        {part && (
          <part.ResultList
            services={services}
            records={shown ? records : []}
            listed={listed}
            active={active}
            choose={(record) => choose(record, false)}
          />
        )}
        {records.length === 0 && <p>{outcomeText(found)}</p>}
      </div>
      <div class="visually-hidden" role="status">
        {shown ? outcomeText(found) : ""}
      </div>
    </search>
  );
}

interface FieldProps {
  /** Begins the ids of elements. */
  readonly id: string;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly value: string;
  /** The id of the option that Enter chooses. */
  readonly active: string | undefined;
  readonly expanded: boolean;
  readonly onInput: (text: string) => void;
  readonly onFocus: () => void;
  readonly onBlur: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function Field({ id, input, value, active, expanded, onInput, onFocus, onBlur, onKeyDown }: FieldProps) {
  return (
    <input
      ref={input}
      type="text"
      role="combobox"
      aria-label="Find a symbol to add"
      aria-expanded={expanded}
      aria-controls={`${id}-results`}
      aria-autocomplete="list"
      aria-activedescendant={active}
      autocomplete="off"
      autocapitalize="characters"
      spellcheck={false}
      enterkeyhint="done"
      placeholder="Add a symbol by ticker or name"
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
      onFocus={onFocus}
      onBlur={onBlur}
      onKeyDown={onKeyDown}
    />
  );
}
