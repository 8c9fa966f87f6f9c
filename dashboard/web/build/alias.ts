import { fileURLToPath } from "node:url";

/** The page imports the sources of the client library beside it, so that both are built as one. */
export const clientLibrary = {
  "tickertape-client/latency": fileURLToPath(new URL("../../client/src/latency.ts", import.meta.url)),
  "tickertape-client": fileURLToPath(new URL("../../client/src/index.ts", import.meta.url)),
};
