const icon = (path: string) => () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={path} />
  </svg>
);

export const SearchIcon = icon("M7 2.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5zM10.2 10.2l3.3 3.3");
export const PauseIcon = icon("M5.5 3.5v9M10.5 3.5v9");
export const PlayIcon = icon("M5 3.2v9.6l7.5-4.8z");
export const CheckIcon = icon("M3.2 8.4l3.1 3.1l6.5-7");
export const PlusIcon = icon("M8 3.2v9.6M3.2 8h9.6");

export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M6 20.5l6-6 4.5 4.5L26 9.5" />
    <path class="tape" d="M6 25.5h20" />
  </svg>
);
