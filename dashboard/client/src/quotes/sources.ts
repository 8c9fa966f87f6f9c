import { fits } from "../protocol/codec.ts";
import type { Hello, SourceStatus } from "../protocol/messages.ts";

/** The state of a source of prices, as the server says. */
export interface SourceState {
  readonly source: string;
  /** Its prices are made up, and no market data. */
  readonly simulated: boolean;
  /** connecting, live, stale, down or closed; later servers may have others. */
  readonly status: string;
  /** Since when, in ms since the Unix epoch; null where the server does not say. */
  readonly since: number | null;
  /** Why, for people; may be "". */
  readonly message: string;
}

const make = ({
  source = "",
  simulated = source === "sim",
  status = "live",
  since,
  message = "",
}: { readonly [K in keyof SourceStatus]?: SourceStatus[K] | undefined }): SourceState => ({
  source,
  simulated,
  status,
  since: since ? since / 1000 : null,
  message,
});

/** The sources that a `hello` has. */
export const greetedSources = (hello: Hello): readonly SourceState[] =>
  (fits(hello.sources, [{ status: "" }]) ? hello.sources : [hello]).map(make);

/** The sources after a `status`, which is about the first source where it names none. */
export function changedSources(before: readonly SourceState[], change: SourceStatus): readonly SourceState[] {
  const { source = before[0]?.source } = change;
  const at = before.findIndex((one) => one.source === source);
  const next = make({ simulated: before[at]?.simulated, ...change, source });
  return at < 0 ? [...before, next] : before.with(at, next);
}
