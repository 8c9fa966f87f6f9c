/*
 * view/menus/ is what the menus of the toolbar have in them. It is fetched by itself.
 */
export { ColumnMenu } from "./columns.tsx";
export { ListMenu } from "./lists.tsx";
