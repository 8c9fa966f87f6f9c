import { fits, type Hello, type SourceStatus } from "./protocol.ts";

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
  status,
  since,
  message = "",
}: SourceStatus): SourceState => ({
  source,
  simulated,
  status,
  since: since ? since / 1000 : null,
  message,
});

export function greetedSources({ source, simulated, status = "live", sources }: Hello): readonly SourceState[] {
  const one = { status, ...(source !== undefined && { source }), ...(simulated !== undefined && { simulated }) };
  return (sources && fits(sources, [{ status: "" }]) ? sources : [one]).map(make);
}

/** The sources after one has told how it is; one that names none is the first. */
export function changedSources(before: readonly SourceState[], change: SourceStatus): readonly SourceState[] {
  const source = change.source ?? before[0]?.source ?? "";
  const known = before.find((one) => one.source === source);
  const next = make({ simulated: known?.simulated ?? source === "sim", ...change, source });
  return known ? before.map((one) => (one === known ? next : one)) : [...before.filter((one) => one.source), next];
}
