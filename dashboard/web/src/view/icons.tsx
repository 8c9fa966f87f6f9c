const icon = (path: string) => () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={path} />
  </svg>
);

/** Icons of 16 by 16, in the colour of the text around them. */
export const SearchIcon = icon("M7 2.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5zM10.2 10.2l3.3 3.3");
export const PauseIcon = icon("M5.5 3.5v9M10.5 3.5v9");
export const PlayIcon = icon("M5 3.2v9.6l7.5-4.8z");
export const CheckIcon = icon("M3.2 8.4l3.1 3.1l6.5-7");
export const MinusIcon = icon("M3.2 8h9.6");
export const PlusIcon = icon("M8 3.2v9.6M3.2 8h9.6");

export const CloseIcon = icon("M4.5 4.5l7 7m0-7l-7 7");
export const DownIcon = icon("M4.5 6.5l3.5 3.5l3.5-3.5");
export const UpIcon = icon("M4.5 9.5l3.5-3.5l3.5 3.5");
export const MoveIcon = icon("M8 2.5v11M5 5.5l3-3l3 3M5 10.5l3 3l3-3");
export const GearIcon = icon("M2.5 4.5h6m3.5 0h1.5M2.5 11.5h1.5m3.5 0h6M10.25 2.75v3.5M5.75 9.75v3.5");
export const ColumnsIcon = icon("M2.75 3.25h10.5v9.5H2.75zM6.25 3.25v9.5M9.75 3.25v9.5");
export const HelpIcon = icon("M5.75 6.2a2.25 2.25 0 1 1 3.3 2c-.7.4-1.05.85-1.05 1.6M8 12.4v.05");
export const FilterIcon = icon("M2.75 4h10.5M4.75 8h6.5M6.75 12h2.5");
export const TableIcon = icon("M2.75 3.25h10.5v9.5H2.75zM2.75 6.4h10.5M2.75 9.6h10.5M7 6.4v6.35");
export const ZoomInIcon = icon(
  "M7 2.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5zM10.2 10.2l3.3 3.3M7 5.2v3.6M5.2 7h3.6",
);
export const ZoomOutIcon = icon("M7 2.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5zM10.2 10.2l3.3 3.3M5.2 7h3.6");
export const LeftIcon = icon("M9.5 4L5.5 8l4 4");
export const RightIcon = icon("M6.5 4l4 4l-4 4");
export const EndIcon = icon("M4.5 4l4 4l-4 4M11.5 4v8");

/** The product's mark. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M6 20.5l6-6 4.5 4.5L26 9.5" />
    <path class="tape" d="M6 25.5h20" />
  </svg>
);
