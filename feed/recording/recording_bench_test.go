package recording

import (
	"bytes"
	"io"
	"testing"

	"tickertape/feed/market"
)

// market is a batch of trades and quotes, one to three, of 500 symbols.
func busyBatch(t testing.TB, dir *market.Directory) market.Batch {
	ids := make([]market.SymbolID, 500)
	for i := range ids {
		ids[i] = enter(t, dir, market.Symbol{Symbol: "SYM" + string(rune('A'+i/26)) + string(rune('A'+i%26)), Decimals: 2})
	}
	var b market.Batch
	for i := range 1000 {
		at := market.Time(1_700_000_000_000_000 + i*500)
		tick := market.Tick{Symbol: ids[i%len(ids)], Kind: market.KindQuote, Flags: market.BothSides, Bid: 189_300_000_000,
			BidSize: market.Units(200),
			Ask:     189_320_000_000, AskSize: market.Units(100), Time: at, Received: at + 1500}
		if i%4 == 0 {
			tick = market.Tick{Symbol: tick.Symbol, Flags: market.Regular, Price: 189_310_000_000, Size: market.Units(100), Time: at,
				Received: at + 1500}
		}
		b.Ticks = append(b.Ticks, tick)
	}
	return b
}

func BenchmarkWrite(b *testing.B) {
	dir := market.NewDirectory()
	batch := busyBatch(b, dir)
	w := NewWriter(io.Discard, Header{}, dir)
	defer w.Close()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := w.Write(batch); err != nil {
			b.Fatal(err)
		}
		n += len(batch.Ticks)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkRead(b *testing.B) {
	dir := market.NewDirectory()
	var file bytes.Buffer
	w := NewWriter(&file, Header{}, dir)
	batch := busyBatch(b, dir)
	for range 100 {
		w.Write(batch)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r, err := NewReader(NewLineReader(bytes.NewReader(file.Bytes())), dir)
		if err != nil {
			b.Fatal(err)
		}
		var e Entry
		for err = r.Next(&e); err == nil; err = r.Next(&e) {
			n++
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
}

func TestWriteAllocatesNothing(t *testing.T) {
	dir := market.NewDirectory()
	batch := busyBatch(t, dir)
	w := NewWriter(io.Discard, Header{}, dir)
	defer w.Close()
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { w.Write(batch) }); n > 0 {
		t.Errorf("%v allocations for 1000 ticks, want none", n)
	}
}

// BenchmarkRaw records messages such as vendors send, of a trade each.
func BenchmarkRaw(b *testing.B) {
	w := rawWriter(b, io.Discard, RawHeader{})
	defer w.Close()
	text := []byte(`{"e":"trade","E":1700000000123,"s":"BTCUSDT","t":123456789,"p":"37123.45000000","q":"0.00123000",` +
		`"T":1700000000122,"m":true,"M":true}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w.Frame("binance", 1, text, 1_700_000_000_123_456)
	}
}
