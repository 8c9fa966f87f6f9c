export { copyRows } from "./clipboard.ts";
