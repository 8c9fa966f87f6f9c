/** What only a page in a browser needs. */
export { followPage } from "./lifecycle.ts";
export { retell } from "./retell.ts";
export { createSharedLine } from "./share.ts";
