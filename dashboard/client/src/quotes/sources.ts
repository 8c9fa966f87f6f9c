import { fits } from "../protocol/codec.ts";
import type { Hello, SourceStatus } from "../protocol/messages.ts";

/** How a source of prices is, as its server says. */
export interface SourceState {
  readonly source: string;
  /** Made up, no market data. */
  readonly simulated: boolean;
  /** connecting, live, stale, down or closed; later servers may know others. */
  readonly status: string;
  /** Since when, in milliseconds since the Unix epoch; null where the server did not say. */
  readonly since: number | null;
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

export const greetedSources = (hello: Hello): readonly SourceState[] =>
  (fits(hello.sources, [{ status: "" }]) ? hello.sources : [hello]).map(make);

/** The sources after one has told how it is; one that names none is the first. */
export function changedSources(before: readonly SourceState[], change: SourceStatus): readonly SourceState[] {
  const { source = before[0]?.source } = change;
  const at = before.findIndex((one) => one.source === source);
  const next = make({ simulated: before[at]?.simulated, ...change, source });
  return at < 0 ? [...before, next] : before.with(at, next);
}
