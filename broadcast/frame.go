package broadcast

import (
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// partLimit is where a message is cut into parts, and how much is written to a connection at once: what a slow reader
// does not take of it is kept.
const partLimit = 64 << 10

// historyLimit is where a history of bars is cut, so that it is one message with the configuration's defaults. It is
// the most that is kept for one who reads nothing.
const historyLimit = 256 << 10

// part is one message, ready for every connection. Whoever owns it uses its buffers again and again.
type part struct {
	data        []byte      // conn.Room bytes, then the JSON
	kind        wire.Kind   // the message's type
	seq         board.Seq   // the flush that it is of
	count       int         // quotes, bars or trades in it
	more        bool        // another part of the same message follows
	next        int         // of quotes: where in the list the following part begins
	seriesPlace int         // of bars and trades: the place of their series; -1 for any other message
	oldest      market.Time // of quotes: when the oldest change in it came; 0 where that means nothing

	shared  compressedKey // by which shards that make the same message share its compressed form
	message conn.Message  // as it is sent, once it is ready
	ready   bool
}

// begin makes p an empty message.
func (p *part) begin(k wire.Kind) {
	var room [conn.Room]byte
	*p = part{data: append(p.data[:0], room[:]...), message: p.message, kind: k, seriesPlace: -1}
}

// beginQuotes makes p a message that quotes are appended to.
func (p *part) beginQuotes(k wire.Kind, seq board.Seq, now time.Time, resumed bool) {
	p.begin(k)
	p.seq = seq
	p.data = wire.BeginQuotes(p.data, k, seq, now, resumed)
}

// quote appends a quote that is encoded already and came at the given time.
func (p *part) quote(text []byte, received market.Time) {
	p.separate(received)
	p.data = append(p.data, text...)
}

// separate begins another quote, which came at the given time.
func (p *part) separate(received market.Time) {
	if p.count > 0 {
		p.data = append(p.data, ',')
	}
	p.count++
	if p.oldest == 0 || received < p.oldest {
		p.oldest = received
	}
}

// endQuotes closes the message. The following part begins at next; there is none where it is negative.
func (p *part) endQuotes(next int) {
	p.more, p.next = next >= 0, next
	p.data = wire.EndList(p.data, p.more)
}

func (p *part) json() []byte { return p.data[conn.Room:] }

// isQuotes reports whether the message carries quotes.
func (p *part) isQuotes() bool { return p.kind == wire.Snapshot || p.kind == wire.Update }

// framed is the message for one connection alone, framed and not compressed. As an event it has its position as
// the id where that moves to it. It is good until the part begins anew.
func (p *part) framed(f conn.Framing, moves bool) []byte {
	if f == conn.Deflated {
		f = conn.Text
	}
	return p.message.Frame(f, moves)
}

// prepare makes a message that is whole ready to be framed.
func (p *part) prepare(epoch string) {
	if !p.ready {
		p.ready = true
		p.message.Set(p.data, string(p.kind))
		p.message.SetID(epoch, uint64(p.seq))
	}
}

// parts are messages whose buffers are used again and again.
type parts struct {
	all  []*part // scratch
	used int
}

// add is another part.
func (p *parts) add() *part {
	if p.used == len(p.all) {
		p.all = append(p.all, &part{})
	}
	p.used++
	return p.all[p.used-1]
}

// list are those that are used.
func (p *parts) list() []*part { return p.all[:p.used] }

// frame is what one flush sends all members of a watch: what changed after from, up to seq. Bars and trades come before
// quotes.
type frame struct {
	parts
	from, seq    board.Seq
	watch        *watch
	newestTrades []uint64    // the watch's, as it was at from
	oldest       market.Time // when the oldest change in its quotes came

	ready [4][][]byte       // as connections send it, once one needs it; used again and again
	ids   []market.SymbolID // scratch
}

// begin makes f an empty frame of a watch.
func (f *frame) begin(x *watch, seq board.Seq) {
	f.used, f.oldest, f.watch, f.from, f.seq = 0, 0, x, x.seq, seq
	f.newestTrades = append(f.newestTrades[:0], x.newestTrades...)
	for i := range f.ready {
		f.ready[i] = f.ready[i][:0]
	}
}

func (f *frame) empty() bool { return f.used == 0 }

// addQuotes begins a part of the frame's quotes.
func (f *frame) addQuotes(seq board.Seq, now time.Time) *part {
	p := f.add()
	p.beginQuotes(wire.Update, seq, now, false)
	p.shared = f.sharedPart()
	return p
}

// sharedPart is what the newest part is known by to other shards that make the same.
func (f *frame) sharedPart() compressedKey {
	return compressedKey{watch: f.watch.key, from: f.from, seq: f.seq, part: f.used}
}

// noteOldest notes when a change came.
func (f *frame) noteOldest(received market.Time) {
	if f.oldest == 0 || received < f.oldest {
		f.oldest = received
	}
}

// framed are the parts as a connection sends them. They are good until the frame begins anew.
func (f *frame) framed(h *Hub, as conn.Framing) [][]byte {
	out := f.ready[as]
	if len(out) > 0 {
		return out
	}
	for i, p := range f.list() {
		p.prepare(h.board.Epoch())
		if as == conn.Deflated && len(p.json()) >= conn.DeflateFrom {
			p.message.ShareDeflated(h.compressed.get(p.shared, p.json()))
		}
		out = append(out, p.message.Frame(as, i == f.used-1)) // the last moves an event stream's position
	}
	f.ready[as] = out
	return out
}
