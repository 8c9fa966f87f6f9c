export { copyRows } from "./clipboard.ts";
export { printTable } from "./sheet.ts";
