import { type Lookup, seriesKey } from "../interest/want.ts";
import type { ServerMessage } from "../protocol/messages.ts";

/** The part of a message that concerns one who wants this; null where nothing does. */
export function concerns(message: ServerMessage, wanted: Lookup): ServerMessage | null {
  switch (message.type) {
    case "snapshot":
    case "update": {
      const quotes = message.quotes.filter(({ s }) => wanted(s));
      return quotes.length ? { ...message, quotes } : null;
    }
    case "bars":
    case "trades":
      return wanted(seriesKey(message)) ? message : null;
    case "subscribed":
    case "unsubscribed": {
      const symbols = message.symbols?.filter(wanted) ?? [];
      const unknown = ("unknown" in message && message.unknown?.filter(wanted)) || [];
      return symbols.length + unknown.length ? { ...message, symbols, ...(unknown.length && { unknown }) } : null;
    }
    default:
      // An answer to the connection's own requests is no news: what is refused is told by itself.
      return "id" in message && Number(message.id) < 0 ? null : message;
  }
}
