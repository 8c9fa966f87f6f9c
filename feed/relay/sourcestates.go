package relay

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	mostHops    = 16  // nodes in a row
	mostMessage = 400 // bytes of a message that says how the sources are
	via         = "via "
)

// sourceState is the newest status of one source of the other node.
type sourceState struct {
	source    string
	state     market.State
	message   string
	simulated bool
}

// sourceStates are the newest statuses of the other node's sources, in the order in which they first came.
type sourceStates []sourceState

// with replaces the status of a source, or adds it.
func (s sourceStates) with(f sourceState) sourceStates {
	if i := slices.IndexFunc(s, func(old sourceState) bool { return old.source == f.source }); i >= 0 {
		s[i] = f
		return s
	}
	return append(s, f)
}

// status combines them: the state is that of the best source, and the message says how each of them is. An error ends the
// connection: the prices have come through the relay called self before, or through too many relays.
func (s sourceStates) status(self string) (market.Status, error) {
	whole := market.Status{Source: name, State: market.Down}
	hops := []string{self}
	var parts []string
	for _, f := range s {
		whole.State = min(whole.State, f.state)
		whole.Simulated = whole.Simulated || f.simulated
		message := f.message
		if f.source == name {
			var behind []string
			behind, message = splitVia(message)
			if i := slices.Index(behind, self); i >= 0 {
				return whole, feed.Breakf(feed.Refused, "the server follows this one: a ring of %d", i+1)
			}
			hops = append(hops, behind...)
			if len(s) == 1 && message != "" { // it says how its own sources are
				parts = append(parts, message)
				continue
			}
		}
		part := f.source + " " + f.state.String()
		if message != "" {
			part += ": " + message
		}
		parts = append(parts, part)
	}
	if len(hops) > mostHops {
		return whole, feed.Breakf(feed.Refused, "the server is the last of %d in a row, and %d are allowed", len(hops), mostHops)
	}
	whole.Message = clip(via + strings.Join(hops, ",") + ": " + strings.Join(parts, "; "))
	return whole, nil
}

// splitVia splits the message of a relay into the relays behind it and the rest.
func splitVia(message string) (behind []string, rest string) {
	text, found := strings.CutPrefix(message, via)
	head, rest, complete := strings.Cut(text, ": ")
	if !found || !complete {
		return nil, message
	}
	return strings.Split(head, ","), rest
}

// clip replaces what cannot be printed, and cuts a text to a limited length.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if len(text) <= mostMessage {
		return text
	}
	end := mostMessage
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
