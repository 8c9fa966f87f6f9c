import type { Signal } from "@preact/signals";
import type { SymbolInfo } from "../model/api.ts";
import { CheckIcon, PlusIcon } from "./icons.tsx";
import { useRows } from "./rows.ts";
import type { Services } from "./services.ts";

interface ResultListProps {
  readonly services: Services;
  readonly records: readonly SymbolInfo[];
  readonly listed: ReadonlySet<string>;
  readonly active: Signal<number>;
  readonly choose: (record: SymbolInfo) => void;
}

/** What was found. The focus stays in the field while an option is clicked. */
export function ResultList({ services, records, listed, active, choose }: ResultListProps) {
  const viewOf = useRows(
    services,
    "search",
    records.map(({ symbol }) => symbol),
  );
  const { id } = services;
  return (
    <div id={`${id}-results`} role="listbox" aria-label="Symbols found">
      {records.map((record, index) => {
        const on = listed.has(record.symbol);
        const { quote, row, percent, state, format } = viewOf(record.symbol);
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
          <div
            key={record.symbol}
            id={`${id}-result-${index}`}
            class="result"
            role="option"
            data-state={state}
            data-trend={percent === null || percent === 0 ? null : percent > 0 ? "up" : "down"}
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
            <span class="price">{quote.p === undefined ? "" : format.price(quote.p, row.decimals)}</span>
            <span class="percent">{percent === null ? "" : format.percent(percent)}</span>
            <span class="does" data-on={on}>
              {on ? <CheckIcon /> : <PlusIcon />}
              {on ? "In this list" : "Add"}
            </span>
          </div>
        );
      })}
    </div>
  );
}
