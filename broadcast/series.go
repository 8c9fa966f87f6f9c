package broadcast

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"time"
	"unsafe"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// series is something that can be followed beside quotes: the bars of a symbol and interval, or its trades. Series are
// in order of their symbols, and those of a symbol in order of their intervals, its trades last.
type series uint64

func seriesOf(id market.SymbolID, k history.Interval) series { return series(id)<<8 | series(k) }

func (x series) symbol() market.SymbolID    { return market.SymbolID(x >> 8) }
func (x series) interval() history.Interval { return history.Interval(x & 0xff) }
func (x series) isTrades() bool             { return x.interval() == history.Trades }

// kind is the type of the messages about it.
func (x series) kind() wire.Kind {
	if x.isTrades() {
		return wire.TradesOf
	}
	return wire.BarsOf
}

// seriesKey is what a set of series is known by, as a [listKey] is that of a list.
type seriesKey struct {
	n    int
	sums [2]uint64
}

func keyOfSeries(all []series) seriesKey {
	k := seriesKey{n: len(all)}
	if len(all) > 0 {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&all[0])), len(all)*int(unsafe.Sizeof(all[0])))
		for i, seed := range listSeeds {
			k.sums[i] = maphash.Bytes(seed, bytes)
		}
	}
	return k
}

// union are the series of two sets, each once.
func union(a, b []series) []series {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// encoder makes messages about bars and trades.
type encoder struct {
	dir     *market.Directory
	board   *board.Board
	lengths *lengths
}

// barsAtOnce is how many bars are copied out of the board at a time.
const barsAtOnce = 64

// latest is the flush of a reader of bars that reads each as it is when its turn comes.
const latest = board.Seq(math.MaxUint64)

// appendSeries appends the next message of a series for a reader. It reports whether there is any, and
// whether another follows.
func (e *encoder) appendSeries(b []byte, of series, r *history.Reader, now time.Time) (out []byte, any, more bool) {
	return e.appendAsOf(b, of, r, 0, now)
}

// appendAsOf is appendSeries where the message says that it is of a flush, for a reader of the latest bars; 0 is the reader's.
func (e *encoder) appendAsOf(b []byte, of series, r *history.Reader, at board.Seq, now time.Time) (out []byte, any, more bool) {
	symbol := e.dir.Symbol(of.symbol()).Symbol
	if of.isTrades() {
		var trades [2 * history.TradesAtOnce]history.NumberedTrade
		read := e.board.ReadTrades(of.symbol(), r, &trades)
		b = wire.AppendTrades(b, r.At, now, symbol, &read, trades[:read.Trades])
		r.Done()
		return b, read.Any(), false
	}
	var bars [barsAtOnce]history.Bar
	first := r.Next == 0
	n, left := e.board.ReadBars(of.symbol(), r, bars[:])
	limit := e.lengths.part
	if r.FromStart {
		limit = e.lengths.history
	}
	limit += len(b) - 512
	b = wire.BeginBars(b, cmp.Or(at, r.At), now, symbol, of.interval(), r.FromStart && first)
	count := 0
	for {
		for i := range n {
			if len(b) > limit {
				r.Next, more = bars[i].Start, true
				break
			}
			if count > 0 {
				b = append(b, ',')
			}
			b = wire.AppendBar(b, &bars[i], history.AllBarFields)
			count++
		}
		if more || !left {
			break
		}
		n, left = e.board.ReadBars(of.symbol(), r, bars[:])
	}
	any = count > 0 || r.FromStart || !first // a part that says that another follows is followed by one
	if !more {
		r.Done()
	}
	return wire.EndList(b, more), any, more
}
