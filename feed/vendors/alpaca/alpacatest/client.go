package alpacatest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"tickertape/feed/vendors/vendortest"
)

// channels are those of each stream, in the order of an answer to a subscription.
var (
	stockChannels = []string{"trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances",
		"corrections", "cancelErrors"}
	coinChannels = []string{"trades", "quotes", "bars", "updatedBars", "dailyBars", "orderbooks"}
)

// client is one connection.
type client struct {
	socket   *vendortest.Socket
	packed   bool // it speaks MessagePack
	path     string
	known    []string            // channels
	channels map[string][]string // guarded by the server's mu: symbols by channel
}

// order is what a client sends.
type order struct {
	Action string `json:"action" msgpack:"action"`
	Key    string `json:"key,omitempty" msgpack:"key"`
	Secret string `json:"secret,omitempty" msgpack:"secret"`

	Trades      []string `json:"trades,omitempty" msgpack:"trades"`
	Quotes      []string `json:"quotes,omitempty" msgpack:"quotes"`
	Bars        []string `json:"bars,omitempty" msgpack:"bars"`
	UpdatedBars []string `json:"updatedBars,omitempty" msgpack:"updatedBars"`
	DailyBars   []string `json:"dailyBars,omitempty" msgpack:"dailyBars"`
	Statuses    []string `json:"statuses,omitempty" msgpack:"statuses"`
	LULDs       []string `json:"lulds,omitempty" msgpack:"lulds"`
	Imbalances  []string `json:"imbalances,omitempty" msgpack:"imbalances"`
	Orderbooks  []string `json:"orderbooks,omitempty" msgpack:"orderbooks"`
}

func (o *order) channels() map[string][]string {
	return map[string][]string{"trades": o.Trades, "quotes": o.Quotes, "bars": o.Bars, "updatedBars": o.UpdatedBars, "dailyBars": o.DailyBars,
		"statuses": o.Statuses, "lulds": o.LULDs, "imbalances": o.Imbalances, "orderbooks": o.Orderbooks}
}

func (s *Server) socket(socket *vendortest.Socket) {
	c := &client{socket: socket, path: socket.Request.URL.Path, channels: map[string][]string{}, known: stockChannels,
		packed: strings.Contains(socket.Request.Header.Get("Content-Type"), "msgpack")}
	if strings.HasPrefix(c.path, "/v1beta3/crypto/") {
		c.known = coinChannels
	}
	c.send(`{"T":"success","msg":"connected"}`)
	late := time.AfterFunc(loginTime, func() {
		c.fail(Error{404, "auth timeout"})
		socket.Drop()
	})
	defer late.Stop()
	defer s.set(func() { s.clients = slices.DeleteFunc(s.clients, func(other *client) bool { return other == c }) })
	for in := false; ; {
		o, err := c.read()
		switch {
		case err != nil:
			return
		case o == nil:
			c.fail(Error{400, "invalid syntax"})
			continue
		}
		s.note(c, *o)
		switch {
		case o.Action == "auth" && in:
			c.fail(Error{403, "already authenticated"})
		case o.Action == "auth":
			if e := s.login(c, o); e != nil {
				c.fail(*e)
				if e.Code != Connections.Code {
					return
				}
				continue
			}
			in = true
			late.Stop()
			c.send(`{"T":"success","msg":"authenticated"}`)
		case !in:
			c.fail(Error{401, "not authenticated"})
		case o.Action == "subscribe" || o.Action == "unsubscribe":
			if answer, e := s.change(c, o); e != nil {
				c.fail(*e)
			} else {
				c.send(answer)
			}
		default:
			c.fail(Error{400, "invalid syntax"})
		}
	}
}

func (s *Server) note(c *client, o order) {
	o.Key, o.Secret = "", ""
	text, _ := json.Marshal(o) // of strings
	s.set(func() { s.messages[c.path] = append(s.messages[c.path], string(text)) })
}

// login lets a client in, or says why not.
func (s *Server) login(c *client, o *order) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failing != nil:
		return s.failing
	case o.Key != Key || o.Secret != Secret:
		return &AuthFailed
	case s.taken || slices.ContainsFunc(s.clients, func(other *client) bool { return other.path == c.path }):
		return &Connections
	}
	s.clients = append(s.clients, c)
	return nil
}

// change adds symbols to channels or takes them away, all or nothing, and answers with the whole set.
func (s *Server) change(c *client, o *order) (string, *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := map[string][]string{}
	for _, channel := range c.known {
		next[channel] = slices.Clone(c.channels[channel])
	}
	for channel, symbols := range o.channels() {
		if len(symbols) > 0 && (!slices.Contains(c.known, channel) || channel == "statuses" && s.mute) {
			return "", &Error{410, "invalid subscribe action for this feed"}
		}
		for _, symbol := range symbols {
			if strings.ContainsAny(symbol, "?!$ ") {
				return "", &Error{400, "invalid syntax"}
			}
			next[channel] = slices.DeleteFunc(next[channel], func(other string) bool { return other == symbol })
			if o.Action == "subscribe" {
				next[channel] = append(next[channel], symbol)
			}
		}
	}
	pairs := 0
	for _, channel := range s.counted {
		pairs += len(next[channel])
	}
	if pairs > s.limit {
		return "", &Error{405, "symbol limit exceeded"}
	}
	if slices.Contains(c.known, "corrections") { // they come with trades
		next["corrections"], next["cancelErrors"] = next["trades"], next["trades"]
	}
	c.channels = next
	answer := `{"T":"subscription"`
	for _, channel := range c.known {
		symbols, _ := json.Marshal(append([]string{}, next[channel]...))
		answer += fmt.Sprintf(`,%q:%s`, channel, symbols)
	}
	return answer + "}", nil
}

// read waits for the next message; nil is one that cannot be read.
func (c *client) read() (*order, error) {
	text, err := c.socket.Read()
	if err != nil {
		return nil, err
	}
	var o order
	if c.packed {
		err = msgpack.Unmarshal([]byte(text), &o)
	} else {
		err = json.Unmarshal([]byte(text), &o)
	}
	if err != nil {
		return nil, nil
	}
	return &o, nil
}

// fail sends an error.
func (c *client) fail(e Error) {
	c.send(fmt.Sprintf(`{"T":"error","code":%d,"msg":%q}`, e.Code, e.Text))
}

// send sends messages in one frame, in the language that the client wants.
func (c *client) send(messages ...string) {
	text := "[" + strings.Join(messages, ",") + "]"
	if !c.packed {
		c.socket.Send(text) // a client that is gone hears nothing
		return
	}
	packed, err := pack(text)
	if err != nil {
		panic(fmt.Sprintf("alpacatest: %s: %v", text, err))
	}
	c.socket.SendBinary(packed)
}
