package bench

import (
	"bytes"
	"iter"
)

// kind is the type of a message, as far as it is measured.
type kind uint8

const (
	other kind = iota
	hello
	snapshot
	update
	series // bars or trades
	rate
	failure // type error
)

// glance is the part of a message that is measured.
type glance struct {
	kind    kind
	time    int64  // the server's clock at the send, µs since the Unix epoch; 0 when it does not say
	more    bool   // another part follows
	resumed bool   // a snapshot that goes on from a position
	reset   bool   // a series from its beginning
	head    []byte // what stands before the quotes
	quotes  []byte // the quotes, from the first one's brace; nil in a message without
}

var (
	typeKey    = []byte(`"type":"`)
	timeKey    = []byte(`"time":`)
	quotesKey  = []byte(`"quotes":[`)
	symbolKey  = []byte(`"s":`)
	changedKey = []byte(`"t":`)
	moreEnd    = []byte(`"more":true}`)
	resumedKey = []byte(`"resumed":true`)
	resetKey   = []byte(`"reset":true`)
)

// headLimit is where the quotes begin at the latest.
const headLimit = 512

// look reads a message without decoding it, since decoding JSON would make the generator the bottleneck. It allocates
// nothing; the result refers to the message and is valid as long as it is.
func look(message []byte) glance {
	g := glance{head: message[:min(len(message), headLimit)]}
	if i := bytes.Index(g.head, quotesKey); i >= 0 {
		g.head, g.quotes = message[:i], message[i+len(quotesKey):]
	}
	switch string(text(g.head, typeKey)) {
	case "update":
		g.kind = update
	case "snapshot":
		g.kind = snapshot
		g.resumed = bytes.Contains(g.head, resumedKey)
	case "bars", "trades":
		g.kind = series
		g.reset = bytes.Contains(g.head, resetKey)
	case "hello":
		g.kind = hello
	case "rate":
		g.kind = rate
	case "error":
		g.kind = failure
	}
	g.time = number(g.head, timeKey)
	g.more = (g.quotes != nil || g.kind == series) && bytes.HasSuffix(message, moreEnd)
	return g
}

// count is how many quotes there are.
func (g glance) count() int {
	n := 0
	for rest := g.quotes; ; {
		i := bytes.IndexByte(rest, '{')
		if i < 0 {
			return n
		}
		rest = rest[i+1:]
		if bytes.HasPrefix(rest, symbolKey) {
			n++
		}
	}
}

// times are the exchange times of the quotes that have one, in µs since the Unix epoch.
func (g glance) times() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for rest := g.quotes; len(rest) > 0; {
			quote := rest
			if i := bytes.IndexByte(rest[1:], '{'); i >= 0 {
				quote, rest = rest[:i+1], rest[i+1:]
			} else {
				rest = nil
			}
			if t := number(quote, changedKey); t != 0 && !yield(t) {
				return
			}
		}
	}
}

// text is the string behind a key, which is written with the value's opening quotation mark; nil where the key is not. It
// ends at a backslash, since the strings that are asked for have no escapes.
func text(b, key []byte) []byte {
	i := bytes.Index(b, key)
	if i < 0 {
		return nil
	}
	b = b[i+len(key):]
	if end := bytes.IndexAny(b, `"\`); end >= 0 {
		return b[:end]
	}
	return nil
}

// number is the whole number behind a key, 0 where there is none.
func number(b, key []byte) int64 {
	i := bytes.Index(b, key)
	if i < 0 {
		return 0
	}
	n := int64(0)
	for _, c := range b[i+len(key):] {
		if c < '0' || c > '9' || n > 1<<59 {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
