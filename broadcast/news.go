package broadcast

import "tickertape/feed/market"

// news is what one flush has changed: each quote's change is encoded once, for everyone who follows
// all its fields flush by flush. Shards read it until they have told it.
type news struct {
	seq      Seq
	standing *standing
	ids      []market.SymbolID // in order
	text     []byte            // the changes, one behind the other
	ends     []int             // of each id's change in text
	oldest   []market.Time     // when each id's newest tick came
}

// encode takes the changes of flush seq out of the store. Only the flush writes the store, so it
// may read it without a lock.
func (n *news) encode(s *store, seq Seq, ids []market.SymbolID) {
	n.seq, n.ids = seq, ids
	n.text, n.ends, n.oldest = n.text[:0], n.ends[:0], n.oldest[:0]
	for _, id := range ids {
		v := &s.versions[id]
		n.text = appendQuote(n.text, v.symbol, &v.quote, v.since(seq-1))
		n.ends = append(n.ends, len(n.text))
		n.oldest = append(n.oldest, v.received)
	}
}

// change is the i-th symbol's `{"s":…}`.
func (n *news) change(i int) []byte {
	if i == 0 {
		return n.text[:n.ends[0]]
	}
	return n.text[n.ends[i-1]:n.ends[i]]
}
