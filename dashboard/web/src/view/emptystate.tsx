import { PassingButton } from "./passing.tsx";
import type { Services } from "./services.ts";

/** Says why there are no rows, and what the reader can do about it. */
export function EmptyState({ services }: { readonly services: Services }) {
  const { workspace, client } = services;
  const symbols = workspace.symbols.value;
  const filter = workspace.filter.value.trim();
  if (symbols && symbols.length > 0) {
    if (filter === "" || workspace.matching.value.length > 0) return null;
    return (
      <div class="vacancy">
        <h2>Nothing here matches “{filter}”</h2>
        <p>
          The filter looks only at this list: at its symbols, names and sectors. The search finds all other symbols.
        </p>
        <PassingButton
          onClick={() => {
            workspace.filter.value = "";
          }}
        >
          Clear the filter
        </PassingButton>
      </div>
    );
  }
  const failure = workspace.library.failure.value;
  if (symbols) {
    return (
      <div class="vacancy">
        <h2>This list is empty</h2>
        <p>Search above by ticker or company name to add a symbol.</p>
        <PassingButton onClick={workspace.reset}>Show the default list</PassingButton>
      </div>
    );
  }
  if (failure) {
    return (
      <div class="vacancy">
        <h2>Nothing to show yet</h2>
        <p>{failure} The page asks for it again as soon as it is connected.</p>
        <PassingButton
          onClick={() => {
            client.retryNow();
            workspace.retry();
          }}
        >
          Retry now
        </PassingButton>
      </div>
    );
  }
  return (
    <div class="loading" role="status" aria-label="Loading the list of symbols">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} class="bone" />
      ))}
    </div>
  );
}
