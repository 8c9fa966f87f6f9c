package vendors_test

import (
	"errors"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// counting is a decoder that ends the session after so many messages.
type counting struct {
	silent
	left int
}

var errEnough = errors.New("that is enough")

func (c *counting) Frame(_ []byte, received market.Time, b *market.Batch) error {
	b.Ticks = append(b.Ticks, market.Tick{Received: received})
	if c.left--; c.left == 0 {
		return errEnough
	}
	return nil
}

// BenchmarkMessage reads, decodes and publishes one message of 200 bytes of a server on the same machine.
func BenchmarkMessage(b *testing.B) {
	text := make([]byte, 200)
	for i := range text {
		text[i] = 'x'
	}
	server := vendortest.NewServer(b, func(s *vendortest.Socket) {
		for s.Send(string(text)) == nil {
		}
	}, nil)
	env := server.Env(b)
	b.ReportAllocs()
	b.ResetTimer()
	session := vendors.Session{Source: "x", Env: &env, Endpoint: env.Endpoint("x", "wss://x.example"), Decoder: &counting{left: b.N}}
	if err := session.Run(b.Context(), func(market.Batch) {}); err != errEnough {
		b.Fatal(err)
	}
}
