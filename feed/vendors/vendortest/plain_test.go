package vendortest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain is the least that a feed can be: every message is a trade, [price, time in µs].
type plain struct {
	env  vendors.Env
	id   market.SymbolID
	scan vendors.Scanner
}

func (p *plain) Info() feed.Info { return feed.Info{Name: "plain", Remote: true} }

func (p *plain) Run(ctx context.Context, publish func(market.Batch)) error {
	endpoint := p.env.Endpoint("plain", "wss://plain.example/stream")
	endpoint.Ping = 10 * time.Second
	session := vendors.Session{Source: "plain", Env: &p.env, Endpoint: endpoint, Decoder: p}
	session.Hear = func(r *vendors.Reconciler, b *market.Batch) error {
		r.CountWithoutFigures(b) // it has no figures
		return nil
	}
	return session.Run(ctx, publish)
}

func (p *plain) Response(string, []byte, market.Time, *market.Batch) error { return nil }

func (p *plain) Frame(text []byte, received market.Time, b *market.Batch) error {
	p.scan.Reset(text)
	k := market.Tick{Symbol: p.id, Kind: market.KindTrade, Flags: market.Regular, Size: market.Units(1), Received: received}
	var at, price vendors.Value
	for p.scan.Array(); p.scan.More(); {
		price, at = at, p.scan.Value()
	}
	err := p.scan.End()
	if err == nil {
		k.Price, err = price.Price("price")
	}
	if err == nil {
		k.Time, err = at.Unix("time", time.Microsecond)
	}
	if err != nil {
		p.env.Faults.Note("plain", err)
		return nil
	}
	b.Ticks = append(b.Ticks, k)
	return nil
}

// TestAPlainFeedLivesThroughAllMisbehaviour is the test of what all feeds share: the session, the supervisor and
// the consolidated feed.
func TestAPlainFeedLivesThroughAllMisbehaviour(t *testing.T) {
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "ACME", Start: func(t *testing.T) vendortest.Rig {
		server := vendortest.NewServer(t, func(s *vendortest.Socket) {
			for {
				if _, err := s.Read(); err != nil {
					return
				}
			}
		}, nil)
		env := server.Env(t)
		id, err := env.Dir.Add(market.Symbol{Symbol: "ACME"})
		if err != nil {
			t.Fatal(err)
		}
		return vendortest.Rig{Server: server, Env: env, Sources: []feed.Source{&plain{env: env, id: id, scan: env.Faults.Scanner("plain")}},
			Trade: func(price string, at time.Time) {
				for _, s := range server.Sockets() {
					s.Send(fmt.Sprintf("[%q,%d]", price, at.UnixMicro()))
				}
			}}
	}})
}
