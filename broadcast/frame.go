package broadcast

import (
	"time"

	"tickertape/broadcast/conn"
	"tickertape/feed/market"
)

// partLimit is where a message is cut into parts.
const partLimit = 64 << 10

// historyLimit is where a history of bars is, so that it is one message with the configuration's defaults. It is also
// the most that is kept for one who reads nothing.
const historyLimit = 256 << 10

// part is one message, ready for every transport. Whoever owns it uses its buffers again and again.
type part struct {
	data   []byte      // conn.Room bytes, then the JSON
	kind   kind        // the message's type
	seq    Seq         // of a message with quotes
	quotes int         // in it
	more   bool        // another part of the same message follows
	marked bool        // as an event it has the position as its id, though it has no quotes
	loose  bool        // it has none, though it has quotes: what belongs to the position was not told yet
	next   int         // where in its watch's symbols the following part begins
	news   market.Time // when the oldest news in it came; 0 where that means nothing

	message  conn.Message // as it is sent, once it is ready
	ready    bool
	deflated []byte // compressed, which belongs to the board; nil until somebody needs it
}

// begin makes p an empty message.
func (p *part) begin(k kind) {
	var room [conn.Room]byte
	*p = part{data: append(p.data[:0], room[:]...), message: p.message, kind: k}
}

// beginQuotes makes p a message that quotes are appended to.
func (p *part) beginQuotes(k kind, seq Seq, now time.Time, resumed bool) {
	p.begin(k)
	p.seq = seq
	p.data = appendHead(p.data, k, seq, now, resumed)
}

// quote appends a quote that is encoded already and came at the given time.
func (p *part) quote(text []byte, received market.Time) {
	p.separate(received)
	p.data = append(p.data, text...)
}

func (p *part) separate(received market.Time) {
	if p.quotes > 0 {
		p.data = append(p.data, ',')
	}
	p.quotes++
	if p.news == 0 || received < p.news {
		p.news = received
	}
}

// endQuotes closes the message. The following part begins at next; there is none when it is negative.
func (p *part) endQuotes(next int) {
	p.more, p.next = next >= 0, next
	p.data = appendTail(p.data, p.more)
}

func (p *part) json() []byte { return p.data[conn.Room:] }

// framed is the message as the connection sends it to one alone, which is not compressed. It is good until the part
// begins anew.
func (p *part) framed(f conn.Framing, epoch string) []byte {
	if !p.ready {
		p.ready = true
		p.message.Set(p.data, string(p.kind))
		p.message.SetID(epoch, uint64(p.seq))
	}
	if f == conn.Deflated {
		f = conn.Text
	}
	return p.message.Frame(f, p.moves())
}

// moves tells whether a position moves to the message's. Only the last part of a message moves it: all of it was told.
func (p *part) moves() bool {
	return (p.kind == snapshot || p.kind == update) && !p.more && !p.loose || p.marked
}

// frame is one update as all members of a watch get it: what changed after from, up to seq.
type frame struct {
	from, seq Seq
	watch     watchKey
	parts     []*part
	news      market.Time // when the oldest news in it came

	spare []*part           // scratch: parts are used again
	ids   []market.SymbolID // scratch
}

func (f *frame) reset() { f.parts, f.news = f.parts[:0], 0 }

// add begins another part.
func (f *frame) add() *part {
	if n := len(f.parts); n == len(f.spare) {
		f.spare = append(f.spare, &part{})
	}
	p := f.spare[len(f.parts)]
	f.parts = append(f.parts, p)
	return p
}

func (f *frame) oldest(received market.Time) {
	if f.news == 0 || received < f.news {
		f.news = received
	}
}
