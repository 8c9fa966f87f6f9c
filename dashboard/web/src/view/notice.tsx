import { origin } from "../model/feed.ts";
import { CloseIcon } from "./icons.tsx";
import { PassingButton } from "./passing.tsx";
import type { Services } from "./services.ts";

/** Why prices are not live, and what the reader can do about it; if they are live, where they come from. */
export function Notice({ services }: { readonly services: Services }) {
  const { market, client } = services;
  const { notice, action, tone } = market.liveness.value;
  if (notice === null) return <Origin services={services} />;
  return (
    <div class="notice" data-tone={tone}>
      <p>{notice}</p>
      {action === "retry" && <PassingButton onClick={() => client.retryNow()}>Retry now</PassingButton>}
      {action === "resume" && <PassingButton onClick={market.togglePause}>Resume</PassingButton>}
    </div>
  );
}

/** Says that prices are simulated, replayed, and of when, or late. It can be closed; the header and the footer go on saying it. */
function Origin({
  services: {
    market,
    format,
    shell: { originRead },
  },
}: {
  readonly services: Services;
}) {
  const label = origin(market.feed.value);
  const { played } = market.connectionStats.value;
  if (label === null || market.state.value.phase !== "open" || originRead.value === label.note) return null;
  return (
    <div class="provenance" role="note">
      <p>
        <b>{label.label}.</b> {label.note}
        {played !== null && ` The recording is at ${format.value.moment(played, "")}.`}
      </p>
      <PassingButton
        class="quiet"
        label="Close this note"
        onClick={() => {
          originRead.value = label.note;
        }}
      >
        <CloseIcon />
      </PassingButton>
    </div>
  );
}
