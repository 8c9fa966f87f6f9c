package attack

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"
)

// slowReaders ask for long answers and read them slowly.
func slowReaders() []Attack {
	slow := func(path string, headers ...string) func(context.Context, *attacker) error {
		return func(ctx context.Context, a *attacker) error { return readSlowly(ctx, a, path, headers...) }
	}
	amplified := "/api/symbols?symbols=" + strings.Join(slices.Repeat([]string{"V"}, nameRoom/2), ",")
	gzipped := "Accept-Encoding: gzip\r\n"
	return []Attack{
		{Name: "slow-quotes", What: "/api/quotes?symbols=*, 60 B/s read", Narrow: true, Short: 300, Long: 18000,
			run: slow("/api/quotes?symbols=*")},
		{Name: "slow-quotes-10000", What: "the same of 10,000 symbols", Narrow: true, Symbols: 10000, Short: 60, Long: 2000,
			run: slow("/api/quotes?symbols=*")},
		{Name: "slow-symbols", What: "/api/symbols?symbols=*, 60 B/s read", Narrow: true, Long: 18000, run: slow("/api/symbols?symbols=*")},
		{Name: "slow-symbols-10000", What: "the same of 10,000 symbols", Narrow: true, Symbols: 10000, Short: 60, Long: 2000,
			run: slow("/api/symbols?symbols=*")},
		{Name: "slow-amplified", What: "/api/symbols?symbols=V,V,…×31000", Narrow: true, Short: 50, Long: 1000, run: slow(amplified)},
		{Name: "slow-bars", What: "/api/bars?symbols=*, 60 B/s read", Narrow: true, Past: true, Short: 60, Long: 2000,
			run: slow("/api/bars?symbols=*&interval=1m")},
		{Name: "slow-bars-gzip", What: "the same, compressed", Narrow: true, Past: true, Long: 2000,
			run: slow("/api/bars?symbols=*&interval=1m", gzipped)},
		{Name: "slow-quote-bars", What: "/api/quotes?bars=…, 50 series, 60 B/s read", Narrow: true, Past: true, Long: 2000,
			run: func(ctx context.Context, a *attacker) error {
				return readSlowly(ctx, a, "/api/quotes?interval=1s&bars="+strings.Join(a.spec.Symbols[:50], ","))
			}},
		{Name: "slow-poll", What: "long polls of *, 60 B/s read", Narrow: true, Symbols: 10000, Short: 40, Long: 2000,
			run: slow("/api/quotes?symbols=*&since=none-1&wait=25s")},
		{Name: "slow-metrics", What: "/metrics, 60 B/s read", Narrow: true, Long: 2000, Absorbed: true,
			run: slow("/metrics")}, // 40 KB each may be in the kernel
	}
}

// readSlowly reads 60 bytes of an answer a second.
func readSlowly(ctx context.Context, a *attacker, path string, headers ...string) error {
	c, err := a.send(ctx, a.request(path, headers...))
	if err != nil {
		return err
	}
	defer c.Close()
	b := make([]byte, 60)
	first := true
	return every(ctx, time.Second, func() error {
		if _, err := io.ReadFull(c, b); err != nil {
			return err
		}
		if first {
			first = false
			return refusedAnswer(b)
		}
		return nil
	})
}
