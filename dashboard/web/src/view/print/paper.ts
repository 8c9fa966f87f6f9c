export { answerCopying } from "./copying.ts";
export { answerPrinter } from "./printing.ts";
