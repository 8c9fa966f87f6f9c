//go:build unix

package board

import (
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

const benchSymbols = 10_000

// flow is some seconds of a busy market, batch by batch: trades, and quotes of so many in eight ticks.
func flow(quotes int) []market.Tick {
	ticks := make([]market.Tick, 256*400)
	for i := range ticks {
		ticks[i] = trade(market.SymbolID(i*7919%benchSymbols), i)
		ticks[i].Time = morning + market.Time(i)*10
		ticks[i].Received = ticks[i].Time
		if k := &ticks[i]; i*5%8 < quotes {
			k.Kind, k.Flags, k.Bid, k.Ask, k.BidSize, k.AskSize = market.KindQuote, market.BothSides, k.Price,
				k.Price+market.Scale/100, k.Size, k.Size
		}
	}
	return ticks
}

var flows = map[string]int{"trades": 0, "quotes": 8, "mixed": 5}

// BenchmarkGather is what a tick costs to gather, in batches of 256 over 10,000 symbols; a record is taken when it is full.
func BenchmarkGather(b *testing.B) {
	for name, quotes := range flows {
		b.Run(name, func(b *testing.B) {
			board, ticks := newBoard(benchSymbols, benchKept()), flow(quotes)
			b.ReportAllocs()
			for i := 0; b.Loop(); i += 256 {
				at := i % len(ticks)
				board.Gather(market.Batch{Ticks: ticks[at : at+256]})
				if i%MaxEvents == 0 {
					board.Take()
				}
			}
			b.ReportMetric(float64(b.N)*256/b.Elapsed().Seconds()/1e6, "Mticks/s")
		})
	}
}

// BenchmarkCommit is what a tick costs to commit, with bars and trades as they are configured by default, in records of
// 25,600 ticks over 10,000 symbols, each a quarter of a second.
func BenchmarkCommit(b *testing.B) {
	for name, quotes := range flows {
		b.Run(name, func(b *testing.B) {
			const each = 25_600
			board, ticks := newBoard(benchSymbols, benchKept()), flow(quotes)
			var changes Changes
			records := 0
			next := func() *Record {
				at := records * each % len(ticks)
				for i := at; i < at+each; i++ {
					ticks[i].Time += market.Time(len(ticks)) * 10 // the whole flow is told again, later
					ticks[i].Received = ticks[i].Time
				}
				board.Gather(market.Batch{Ticks: ticks[at : at+each]})
				records++
				return board.Take()
			}
			commit := func(r *Record) {
				board.Commit(r, &changes)
				changes.Published()
			}
			for range 120 { // until the tapes are full, and the short bars
				commit(next())
			}
			runtime.GC() // the rings of long bars grow for months: what their growth costs is not looked at here
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			cpu := time.Duration(0)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				r := next()
				b.StartTimer()
				before := cpuTime()
				commit(r)
				cpu += cpuTime() - before
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/each, "ns/tick")
			b.ReportMetric(float64(cpu)/float64(b.N)/each, "cpu-ns/tick")
		})
	}
}

// cpuTime is what this process has used: on a machine that others use too, the clock tells less.
func cpuTime() time.Duration {
	var use syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// benchKept is what is kept where no source corrects its trades.
func benchKept() history.Config {
	c := history.DefaultConfig()
	c.Ledger = 0
	return c
}
