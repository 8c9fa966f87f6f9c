import { isColumn } from "../columns/registry.ts";
import { isObject } from "./json.ts";
import { type Choice, readName } from "./lists.ts";
import type { Sort } from "./sorting.ts";

/** A list as it is kept. */
export interface ListRecord {
  readonly name: string;
  readonly symbols: readonly string[];
  /**
   * Lists are in the order of their places. A new list has the time in ms, or one more than the last place where that is
   * later. A list of an earlier version of the page has its index there.
   */
  readonly place: number;
  /** When it was deleted, in ms. Such a list is kept for a while, so that the deletion can be undone. */
  readonly deleted?: number | undefined;
}

/** Begins the names of the records of lists; the id of the list follows. */
export const listKey = "list/";
/** The name of a list that was kept without one. */
export const unnamed = "My list";
/** The ids of lists that an earlier version of the page has made. They are kept there, too, and so never forgotten. */
export const earlierId = "earlier:";

/** Reads a sort; null for what is none. */
export function readSort(value: unknown): Sort {
  if (!isObject(value)) return null;
  const { column, direction } = value;
  return isColumn(column) && (direction === "ascending" || direction === "descending") ? { column, direction } : null;
}

/** Reads symbols, each once; null for what is no list. */
export const readSymbols = (value: unknown): readonly string[] | null =>
  Array.isArray(value) ? [...new Set(value.filter((one): one is string => typeof one === "string"))] : null;

/** Reads a list, with what can be read of it; null for what is none. */
export function readList(value: unknown): ListRecord | null {
  if (!isObject(value)) return null;
  const { name, symbols, place, deleted } = value;
  const known = readSymbols(symbols);
  if (!known) return null;
  return {
    ...value, // a newer version of the page may keep more
    name: (typeof name === "string" ? readName(name) : null) ?? unnamed,
    symbols: known,
    place: typeof place === "number" ? place : 0,
    deleted: typeof deleted === "number" ? deleted : undefined,
  };
}

/** Reads which list is shown, also as earlier versions of the page have kept it; null for what says nothing. */
export function readChoice(value: unknown): Choice | null {
  if (!isObject(value)) return null;
  const { kind, name, id } = value;
  if (kind === "all") return { kind };
  if (kind === "own") {
    if (typeof id === "string") return { kind, id };
    return typeof name === "string" ? { kind, id: earlierId + name } : null;
  }
  return (kind === "server" || kind === "sector") && typeof name === "string" ? { kind, name } : null;
}

/** Whether all of a list can be read. */
export const isWholeList = (value: unknown): boolean =>
  isObject(value) &&
  typeof value["name"] === "string" &&
  readName(value["name"]) !== null &&
  Array.isArray(value["symbols"]) &&
  value["symbols"].every((one) => typeof one === "string");

/** Whether all of a record can be read. */
export const isWhole = (name: string, value: unknown): boolean =>
  name.startsWith(listKey) ? isWholeList(value) : name === "choice" || name === "sort" || isObject(value);
