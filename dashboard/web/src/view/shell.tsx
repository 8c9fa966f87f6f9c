/*
 * view/ is what the reader sees, and alone touches the document. The shell has the bars around the table of quotes, a
 * file each. The detail of a symbol, its chart, the dialogs and the printed table have folders, and so has the table
 * itself, grid/. A view gets all that it uses as `services`; what is open on the page, views tell each other by
 * `services.shell`.
 */
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { EmptyState } from "./emptystate.tsx";
import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { useLater } from "./later.ts";
import { Notice } from "./notice.tsx";
import { mountQuotes } from "./quotes.ts";
import type { Services, View } from "./services.ts";
import { Toolbar } from "./toolbar.tsx";

function Panes({ services }: { readonly services: Services }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const quotes = mountQuotes(host.current, services);
    return () => quotes.close();
  }, [services]);
  const symbol = services.detail.symbol.value;
  const later = useLater(() => import("./detail/detail.tsx"), symbol);
  return (
    <div class="panes">
      <div class="list">
        <div class="grid" ref={host} data-live={services.market.liveness.value.live} />
        <EmptyState services={services} />
      </div>
      {symbol !== null && later && <later.Detail key={symbol} services={services} symbol={symbol} />}
    </div>
  );
}

/** The dialog that is open, if any. */
function OpenDialog({ services }: { readonly services: Services }) {
  const later = useLater(() => import("./dialogs/dialogs.tsx"), services.shell.dialog.value);
  return later && <later.Dialogs services={services} />;
}

/** Says to assistive technology whether prices are live, without the seconds that count down. */
function Status({ services }: { readonly services: Services }) {
  return (
    <div class="visually-hidden" role="status">
      {services.market.liveness.value.badge.replace(/ in \d+ s$/, "")}
    </div>
  );
}

/** The page as mounted. */
export interface Shell extends View {
  /** Puts the focus into a field, and selects what is in it. */
  focus(field: "search" | "filter"): void;
}

/** Puts the page into an element. */
export function mountShell(host: HTMLElement, services: Services): Shell {
  render(
    <>
      <Header services={services} />
      <main>
        <Toolbar services={services} />
        <Notice services={services} />
        <Panes services={services} />
      </main>
      <Footer services={services} />
      <OpenDialog services={services} />
      <Status services={services} />
    </>,
    host,
  );
  return {
    focus(field) {
      const input = host.querySelector<HTMLInputElement>(`.${field} input`);
      input?.focus();
      input?.select();
    },
    close: () => render(null, host),
  };
}
