package admission

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Config is every budget, the section limits. A rate may be exceeded for a moment: what five seconds would
// allow can be used at once, of the whole what two would.
type Config struct {
	// Addresses says whether clients are counted by their address: "auto" counts them unless the server listens
	// on loopback alone, and never counts loopback's own addresses; "on" counts all, "off" none.
	Addresses string `mapstructure:"addresses"`

	HeaderTimeout  time.Duration `mapstructure:"header_timeout"`  // for the header of a request
	IdleTimeout    time.Duration `mapstructure:"idle_timeout"`    // between two requests on a connection
	MessageTimeout time.Duration `mapstructure:"message_timeout"` // from the first byte of a WebSocket message to its last
	LeastRate      Size          `mapstructure:"least_rate"`      // bytes a second that an answer is read at, at least

	Connection ConnectionBudget `mapstructure:"connection"`
	Address    AddressBudget    `mapstructure:"address"`
	Total      TotalBudget      `mapstructure:"total"`
}

// ConnectionBudget is what one connection may do. It holds for every server. A connection whose requests have an
// X-Forwarded-For has ten times as much, since a proxy uses it for several clients; what comes through a trusted proxy is
// not charged to its connections. A stream has these budgets in any case.
type ConnectionBudget struct {
	Messages float64 `mapstructure:"messages"`  // of a WebSocket client, a second
	Control  float64 `mapstructure:"control"`   // its pings, pongs and fragments of less than 512 bytes, a second
	BytesIn  Size    `mapstructure:"bytes_in"`  // of a stream's client, a second
	BytesOut Size    `mapstructure:"bytes_out"` // of snapshots, histories and answers, a second; updates are not counted
	Requests float64 `mapstructure:"requests"`  // over HTTP, a second; those of a trusted proxy are not counted
	Work     float64 `mapstructure:"work"`      // units of work a second
}

// AddressBudget is what all connections of one address may do: an IPv4 address, or the /64 of an IPv6 one.
type AddressBudget struct {
	Connections int     `mapstructure:"connections"` // at once: streams, long polls, and those that are neither
	Handshakes  float64 `mapstructure:"handshakes"`  // connections opened a second
	Requests    float64 `mapstructure:"requests"`    // a second
	AtOnce      int     `mapstructure:"at_once"`     // requests being answered at once
	Work        float64 `mapstructure:"work"`        // units of work a second
	BytesOut    Size    `mapstructure:"bytes_out"`   // of snapshots, histories and answers, a second
}

// TotalBudget is what all clients together may do.
type TotalBudget struct {
	Connections int     `mapstructure:"connections"` // that are no subscribers, at once; 0 is as the descriptor limit allows
	Polls       int     `mapstructure:"polls"`       // long polls that wait at once
	Handshakes  float64 `mapstructure:"handshakes"`  // connections opened a second; 0 is 750 for each core
	Requests    float64 `mapstructure:"requests"`    // a second; 0 is 1000 for each core
	AtOnce      int     `mapstructure:"at_once"`     // requests being answered at once
	Work        float64 `mapstructure:"work"`        // units of work a second; 0 is 200000 for each core
	BytesOut    Size    `mapstructure:"bytes_out"`   // of snapshots, histories and answers, a second; 0 is 16 MiB for each core
	Unfinished  Size    `mapstructure:"unfinished"`  // bytes of messages whose end has not come yet
}

// The values of Config.Addresses.
const (
	addressesAuto = "auto"
	addressesOn   = "on"
	addressesOff  = "off"
)

// DefaultConfig has budgets that a page, a proxy and an office of 500 people behind one address do not meet.
func DefaultConfig() Config {
	return Config{
		Addresses:      addressesAuto,
		HeaderTimeout:  5 * time.Second,
		IdleTimeout:    time.Minute,
		MessageTimeout: 4 * time.Second,
		LeastRate:      4 << 10,
		Connection: ConnectionBudget{
			Messages: 50, Control: 10, BytesIn: 16 << 10, BytesOut: 512 << 10, Requests: 100, Work: 50_000,
		},
		Address: AddressBudget{
			Connections: 2000, Handshakes: 400, Requests: 1000, AtOnce: 128, Work: 200_000, BytesOut: 16 << 20,
		},
		Total: TotalBudget{
			Polls: 4096, AtOnce: 256, Unfinished: 16 << 20,
		},
	}
}

// filled is the budget with what its zeros stand for.
func (c TotalBudget) filled(cores int) TotalBudget {
	n := float64(cores)
	c.Handshakes = cmp.Or(c.Handshakes, 750*n)
	c.Requests = cmp.Or(c.Requests, 1000*n)
	c.Work = cmp.Or(c.Work, 200_000*n)
	c.BytesOut = cmp.Or(c.BytesOut, Size(cores)*16<<20)
	return c
}

// Validate reports every value out of range, by key.
func (c Config) Validate() error {
	var errs []error
	switch c.Addresses {
	case addressesAuto, addressesOn, addressesOff:
	default:
		errs = append(errs, fmt.Errorf("addresses: %q is not auto, on or off", c.Addresses))
	}
	for _, d := range []struct {
		key       string
		value     time.Duration
		low, high time.Duration
	}{
		{"header_timeout", c.HeaderTimeout, 100 * time.Millisecond, time.Minute},
		{"idle_timeout", c.IdleTimeout, time.Second, time.Hour},
		{"message_timeout", c.MessageTimeout, 100 * time.Millisecond, time.Minute},
	} {
		if d.value < d.low || d.value > d.high {
			errs = append(errs, fmt.Errorf("%s: %v is not between %v and %v", d.key, d.value, d.low, d.high))
		}
	}
	rate := func(key string, value float64) {
		if !(value >= 1 && value <= 1e9) {
			errs = append(errs, fmt.Errorf("%s: %v is not between 1 and 1000000000", key, value))
		}
	}
	size := func(key string, value Size) {
		if value < 1<<10 || value > 1<<40 {
			errs = append(errs, fmt.Errorf("%s: %v is not between 1KiB and 1024GiB", key, value))
		}
	}
	count := func(key string, value, low int) {
		if value < low || value > 10_000_000 {
			errs = append(errs, fmt.Errorf("%s: %d is not between %d and 10000000", key, value, low))
		}
	}
	size("least_rate", c.LeastRate)
	rate("connection.messages", c.Connection.Messages)
	rate("connection.control", c.Connection.Control)
	size("connection.bytes_in", c.Connection.BytesIn)
	size("connection.bytes_out", c.Connection.BytesOut)
	rate("connection.requests", c.Connection.Requests)
	rate("connection.work", c.Connection.Work)
	count("address.connections", c.Address.Connections, 1)
	rate("address.handshakes", c.Address.Handshakes)
	rate("address.requests", c.Address.Requests)
	count("address.at_once", c.Address.AtOnce, 1)
	rate("address.work", c.Address.Work)
	size("address.bytes_out", c.Address.BytesOut)
	count("total.connections", c.Total.Connections, 0)
	count("total.polls", c.Total.Polls, 1)
	orZero := func(key string, value float64) {
		if value != 0 && !(value >= 1 && value <= 1e9) {
			errs = append(errs, fmt.Errorf("%s: %v is neither 0 nor between 1 and 1000000000", key, value))
		}
	}
	orZero("total.handshakes", c.Total.Handshakes)
	orZero("total.requests", c.Total.Requests)
	count("total.at_once", c.Total.AtOnce, 1)
	orZero("total.work", c.Total.Work)
	if n := c.Total.BytesOut; n != 0 && (n < 1<<10 || n > 1<<40) {
		errs = append(errs, fmt.Errorf("total.bytes_out: %v is neither 0 nor between 1KiB and 1024GiB", n))
	}
	size("total.unfinished", c.Total.Unfinished)
	return errors.Join(errs...)
}
