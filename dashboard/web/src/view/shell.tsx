/*
 * view/ is what the reader sees, and alone touches the document. The shell has the bars around the table of quotes, a
 * file each. The folders are grid/, the table itself; detail/ and chart/, what is known of one symbol; menus/ and
 * dialogs/, what opens over the page; and print/, which takes the list to paper and to the clipboard. A view is given
 * `services`, which has all that it uses. Views tell each other in `services.shell` what is open on the page.
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
  return (
    <div class="panes">
      <div class="list">
        <div class="grid" ref={host} data-live={services.market.liveness.value.live} />
        <EmptyState services={services} />
      </div>
      <OpenDetail services={services} />
    </div>
  );
}

/** The detail of the open symbol, whose script is fetched by itself. */
function OpenDetail({ services }: { readonly services: Services }) {
  const { detail, notes } = services;
  const symbol = detail.symbol.value;
  const part = useLater(
    () => import("./detail/detail.tsx"),
    symbol !== null,
    () => {
      detail.close();
      notes.say("The detail could not be loaded. Open it again when the server answers.");
    },
  );
  if (symbol === null) return null;
  return part ? <part.Detail services={services} symbol={symbol} /> : <div class="detail-place" />;
}

/** The dialog that is open, if any. Their script is fetched by itself. */
function OpenDialog({ services }: { readonly services: Services }) {
  const { notes, shell } = services;
  const part = useLater(
    () => import("./dialogs/dialogs.tsx"),
    shell.dialog.value !== null,
    () => {
      shell.dialog.value = null;
      notes.say("The dialog could not be loaded. Open it again when the server answers.");
    },
  );
  return part && <part.Dialogs services={services} />;
}

/** Says to assistive technology whether prices are live, without the seconds that count down, and whose detail is open. */
function Status({ services: { market, detail } }: { readonly services: Services }) {
  return (
    <>
      <div class="visually-hidden" role="status">
        {market.liveness.value.badge.replace(/( in)? \d+ \w+$/, "")}
      </div>
      <div class="visually-hidden" role="status">
        {detail.settled.value !== null && `Details of ${detail.settled.value}`}
      </div>
    </>
  );
}

/** The page as mounted. */
export interface Shell extends View {
  /** Puts the focus on a part of the page, or into a field, and selects what is in it. */
  focus(part: "search" | "filter" | "grid" | "detail"): void;
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
    focus(part) {
      const field = part === "search" || part === "filter";
      const element = host.querySelector<HTMLElement>(field ? `.${part} input` : `.${part}`);
      element?.focus({ preventScroll: !field });
      if (element instanceof HTMLInputElement) element.select();
    },
    close: () => render(null, host),
  };
}
