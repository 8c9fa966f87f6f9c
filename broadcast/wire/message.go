package wire

import (
	"encoding/json"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Hello is the first message of a connection.
type Hello struct {
	Type      string      `json:"type"`
	Protocol  int         `json:"protocol"`
	Epoch     string      `json:"epoch"`
	Seq       history.Seq `json:"seq"`
	Time      int64       `json:"time"`
	Interval  int64       `json:"interval_ms"`
	Heartbeat int64       `json:"heartbeat_ms"`
	Source    string      `json:"source"`
	Simulated bool        `json:"simulated"`
	Replayed  bool        `json:"replayed"`
	Status    string      `json:"status"`
	Awaits    bool        `json:"awaits"` // names that are not known are followed when they become known

	Sources []Status `json:"sources"`

	Relays int      `json:"relays,omitempty"` // how many subscribers at once may follow bars and trades as relays do
	Bars   []string `json:"bars"`             // the intervals of which bars are kept, not nil
}

// Status is the state of a source. Those behind a relay have none behind them.
type Status struct {
	Type      string      `json:"type,omitempty"`
	Source    string      `json:"source"`
	Status    string      `json:"status"`
	Since     market.Time `json:"since"`
	Message   string      `json:"message"`
	Simulated bool        `json:"simulated,omitempty"`
	Replayed  bool        `json:"replayed,omitempty"`
	Delay     int64       `json:"delayed_ms,omitempty"`
	Quiet     bool        `json:"quiet,omitempty"`
	Sources   []Status    `json:"sources,omitempty"`
}

// StatusOf is the state of a source as a message of this type, or as an entry of a list, where the type is "".
func StatusOf(x *board.Source, kind string) Status {
	status := statusOf(&x.Status)
	status.Type = kind
	for i := range x.Behind {
		status.Sources = append(status.Sources, statusOf(&x.Behind[i]))
	}
	return status
}

// statusOf is all of a status but the sources behind it.
func statusOf(s *market.Status) Status {
	return Status{
		Source: s.Source, Status: s.State.String(), Since: s.Since, Message: s.Message,
		Simulated: s.Simulated, Replayed: s.Replayed, Delay: s.Delay.Milliseconds(), Quiet: s.Quiet,
	}
}

// Statuses are the states of all sources.
func Statuses(s *board.SourceStates) []Status {
	var all []Status
	for i := range s.Sources {
		all = append(all, StatusOf(&s.Sources[i], ""))
	}
	return all
}

// Pong answers a ping.
type Pong struct {
	Type string          `json:"type"`
	ID   json.RawMessage `json:"id,omitempty"`
	Time int64           `json:"time,omitempty"`
}

// Rate says how many updates a second a client gets.
type Rate struct {
	Type   string  `json:"type"`
	Rate   float64 `json:"rate"`
	Asked  float64 `json:"asked"`
	Reason string  `json:"reason"`
}

// Error says why a request failed.
type Error struct {
	Type    string          `json:"type"`
	ID      json.RawMessage `json:"id,omitempty"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
}

// Subscribed answers a subscribe or an unsubscribe. Its lists are JSON already, since they may be long; all but Symbols
// are left out where they are nil.
type Subscribed struct {
	Type     string
	ID       ID
	Rate     float64 // that is granted; 0 is left out
	Interval string
	Unknown  []byte
	Symbols  []byte
	Bars     []byte
	Trades   []byte
}

// AppendTo appends the message.
func (m *Subscribed) AppendTo(b []byte) []byte {
	b = AppendJSON(b, struct {
		Type     string          `json:"type"`
		ID       json.RawMessage `json:"id,omitempty"`
		Rate     float64         `json:"rate,omitempty"`
		Interval string          `json:"interval,omitempty"`
	}{m.Type, json.RawMessage(m.ID), m.Rate, m.Interval})
	b = b[:len(b)-1]
	for _, list := range [...]struct {
		key  string
		json []byte
	}{{`,"unknown":`, m.Unknown}, {`,"symbols":`, m.Symbols}, {`,"bars":`, m.Bars}, {`,"trades":`, m.Trades}} {
		if list.json != nil {
			b = append(append(b, list.key...), list.json...)
		}
	}
	return append(b, '}')
}

// AppendHeartbeat appends a heartbeat: seq is the client's position.
func AppendHeartbeat(b []byte, seq history.Seq, now time.Time) []byte {
	return append(begin(b, "heartbeat", seq, now), '}')
}

// AppendPosition appends the message that says up to which position a relay has all bars and trades.
func AppendPosition(b []byte, seq history.Seq, now time.Time, position string) []byte {
	b = append(begin(b, "position", seq, now), `,"position":"`...)
	b = append(b, position...)
	return append(b, `"}`...)
}

// AppendJSON appends one of the messages above, or what is of numbers and text like them.
func AppendJSON(b []byte, message any) []byte {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err) // the types of this package hold nothing that JSON cannot
	}
	return append(b, text...)
}

// AppendNames appends a list of names; a nil list is nil.
func AppendNames(b []byte, names []string) []byte {
	if len(names) == 0 {
		return nil
	}
	return AppendJSON(b, names)
}

// List is a list of symbols as JSON, built one by one.
type List []byte

// Add appends a symbol, or "*".
func (l *List) Add(symbol string) {
	if len(*l) == 0 {
		*l = append(*l, '[')
	} else {
		*l = append(*l, ',')
	}
	*l = append(*l, '"')
	*l = append(*l, symbol...) // market.CheckSymbol lets nothing through that needs an escape
	*l = append(*l, '"')
}

// JSON is the whole list.
func (l List) JSON() []byte {
	if len(l) == 0 {
		return []byte("[]")
	}
	return append(l, ']')
}
