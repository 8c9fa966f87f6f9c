import type { Hello, SourceStatus } from "../protocol/messages.ts";

/** The state of a source of prices, as the server says. */
export interface SourceState {
  readonly source: string;
  /** Its prices are made up, and no market data. */
  readonly simulated: boolean;
  /** Its prices are those of a recording that is played, and not current. */
  readonly replayed: boolean;
  /** How late its prices are by contract, or those of them that are latest, in ms. */
  readonly delay: number;
  /** It is live, but its symbols that usually have frequent ticks have had none for longer than usual. */
  readonly quiet: boolean;
  /** connecting, live, stale, down or closed; later servers may have others. */
  readonly status: string;
  /** Since when, in ms since the Unix epoch; null where the server does not say. */
  readonly since: number | null;
  /** Why, for people; may be "". */
  readonly message: string;
  /** The sources of the server that it follows, where it is a relay that says so. None of them has any of its own. */
  readonly sources: readonly SourceState[];
}

type Told = { readonly [K in keyof SourceStatus]?: SourceStatus[K] | undefined };

const make = ({
  source = "",
  simulated = source === "sim",
  replayed = source === "replay",
  delayed_ms = 0,
  quiet = false,
  status = "live",
  since,
  message = "",
  sources,
}: Told): SourceState => ({
  source,
  simulated,
  replayed,
  delay: delayed_ms,
  quiet,
  status,
  since: since ? since / 1000 : null,
  message,
  sources: all(sources),
});

const all = (sources: readonly Told[] = []): readonly SourceState[] => sources.map(make);

/** The sources that a `hello` has. */
export const greetedSources = (hello: Hello): readonly SourceState[] => all(hello.sources ?? [hello]);

/** The sources after a `status`, which is about the first source where it names none. */
export function changedSources(before: readonly SourceState[], change: SourceStatus): readonly SourceState[] {
  const { source = before[0]?.source } = change;
  const at = before.findIndex((one) => one.source === source);
  const next = make(change.source ? change : { simulated: before[at]?.simulated, ...change, source });
  return at < 0 ? [...before, next] : before.with(at, next);
}
