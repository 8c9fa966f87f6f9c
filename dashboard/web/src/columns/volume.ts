import { figureColumn } from "./column.ts";

/** How much has been traded in the session. */
export const volume = figureColumn({
  label: "Volume",
  title: "Volume of the session",
  width: 4.75,
  least: 4,
  value: ({ quote }) => quote.v,
  text: (value, { format }) => format.volume(value),
  sort: ({ v }) => v,
});
