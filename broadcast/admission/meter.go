package admission

import "time"

// Meter is what one connection has used of its budgets. The zero value has used nothing.
type Meter struct {
	messages, control, in bucket // guarded by the connection's owner
	work, out, requests   bucket // guarded by the Admission
}

// Message notes a message of a WebSocket client, and returns false when it is one too many.
func (m *Meter) Message(cfg *Config, now time.Time) bool {
	return m.messages.take(1, cfg.Connection.Messages, now)
}

// Control notes a ping, a pong or a fragment that brings next to nothing.
func (m *Meter) Control(cfg *Config, now time.Time) bool {
	return m.control.take(1, cfg.Connection.Control, now)
}

// leastRead is how many bytes a read counts as at least: one that brings less costs as much.
const leastRead = 256

// In notes bytes that have been read at once. Twice the longest message may come at once.
func (m *Meter) In(n, longest int, cfg *Config, now time.Time) bool {
	rate := float64(cfg.Connection.BytesIn)
	m.in.fill(rate, now)
	m.in.owed += float64(max(n, leastRead))
	return m.in.owed <= rate*burst+float64(2*longest)
}
