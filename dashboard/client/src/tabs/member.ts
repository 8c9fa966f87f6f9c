import { createLookup, type Lookup, type Want } from "../interest/want.ts";
import { concerns } from "./concerns.ts";
import type { EventNote, FollowerNote } from "./notes.ts";

/** A follower as its leader knows it. */
export interface Member {
  readonly want: Want;
  readonly join: number;
  readonly lookup: Lookup;
  /** It is paused, or what it wants has not come yet: it gets states alone, and everything later. */
  owed: boolean;
  /** What it knows is right but for what has changed after its position. Of one that is owed. */
  whole: boolean;
  /** Where it stood when it was last sent anything. */
  readonly since: string | null;
  /** What it was told last of what is refused; null where it has joined and was told nothing. */
  told: string | null;
}

/** Takes in what a follower says, of whom that is `known`. `synced` is whether the connection is. */
export function createMember(
  { want, join, since }: FollowerNote & { readonly is: "want" },
  known: Member | undefined,
  synced: boolean,
): Member {
  const stays = known?.join === join;
  const same = String([want.symbols, want.fields]) === String([known?.want.symbols, known?.want.fields]);
  return {
    want,
    join,
    since,
    lookup: createLookup(want),
    told: stays ? known.told : null,
    owed: want.paused || !stays || known.owed || !synced,
    whole: same && known !== undefined && (known.owed ? known.whole : synced),
  };
}

/** What is `refused` of that which a follower wants, where it has not been told so. */
export function refusals(member: Member, refused: ReadonlyMap<string, string>): readonly EventNote[] {
  const event = new Map([...refused].filter(([key]) => member.lookup(key)));
  const told = String([...event]);
  if (told === member.told) return [];
  member.told = told;
  return [{ is: "refused", event }];
}

/** The part of an event that concerns a follower. */
export function part(note: EventNote, member: Member): readonly EventNote[] {
  if (note.is === "refused") return refusals(member, note.event);
  if (note.is !== "message") return [note];
  const event = concerns(note.event, member.lookup);
  return event ? [{ is: "message", event }] : [];
}
