import { effect } from "@preact/signals";
import type { Services } from "../view/services.ts";

/**
 * Takes the parameters out of the address whose list or sort is no longer shown, so that a reload shows what is there
 * now. They come back with the list. Returns the function that stops it.
 */
export function followAddress({ workspace: { addressed } }: Pick<Services, "workspace">): () => void {
  const asked = location.search.slice(1).split("&");
  const apply = () => {
    const { list, sort } = addressed.value;
    const gone = [...(list ? [] : ["s", "list"]), ...(sort ? [] : ["sort"])];
    const left = asked.filter((part) => part !== "" && !gone.includes(part.replace(/=.*/, "")));
    const search = left.length > 0 ? `?${left.join("&")}` : "";
    if (search !== location.search) history.replaceState(history.state, "", location.pathname + search + location.hash);
  };
  const stop = effect(apply);
  addEventListener("popstate", apply); // an entry from before has the address from before
  return () => {
    stop();
    removeEventListener("popstate", apply);
  };
}
