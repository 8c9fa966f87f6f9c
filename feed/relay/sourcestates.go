package relay

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	mostHops    = 16  // nodes in a row
	mostMessage = 400 // bytes of a message that says how the sources are
	via         = "via "

	mostSources = 256                                             // of the other node
	mostKept    = 2 * mostMessage                                 // bytes of a message of one of them, as it is kept
	mostBehind  = 32                                              // that are passed on; more are left out
	mostReason  = 200                                             // bytes of the message of one of them
	mostDelay   = uint64(366 * 24 * time.Hour / time.Millisecond) // far beyond what any contract says, in milliseconds
)

// sourceStates are the newest statuses of the other node's sources, in the order in which they first came.
type sourceStates []market.Status

// with replaces the status of a source, or adds it.
func (s sourceStates) with(f market.Status) sourceStates {
	if i := slices.IndexFunc(s, func(old market.Status) bool { return old.Source == f.Source }); i >= 0 {
		s[i] = f
		return s
	}
	if len(s) == mostSources {
		return s
	}
	return append(s, f)
}

// status combines them: the state is that of the best source, and the message says how each of them is. Behind it are all of
// them, with those that are behind a relay in its place. An error ends the connection: the prices have come through the relay
// called self before, or through too many relays.
func (s sourceStates) status(self string) (market.Status, error) {
	whole := market.Status{Source: name, State: market.Down}
	hops := []string{self}
	var parts []string
	live, quiet := 0, 0
	for _, f := range s {
		whole.State = min(whole.State, f.State)
		whole.Simulated, whole.Replayed = whole.Simulated || f.Simulated, whole.Replayed || f.Replayed
		whole.Delay = max(whole.Delay, f.Delay)
		if f.State == market.Live {
			live++
			if f.Quiet {
				quiet++
			}
		}
		if f.Source == name {
			var behind []string
			behind, f.Message = splitVia(f.Message)
			if i := slices.Index(behind, self); i >= 0 {
				return whole, feed.Breakf(feed.Refused, "the server follows this one: a ring of %d", i+1)
			}
			hops = append(hops, behind...)
		}
		whole.Behind = appendBehind(whole.Behind, f)
		if f.Source == name && len(s) == 1 && f.Message != "" { // it says how its own sources are
			parts = append(parts, f.Message)
			continue
		}
		part := f.Source + " " + f.State.String()
		if f.Message != "" {
			part += ": " + f.Message
		}
		parts = append(parts, part)
	}
	if len(hops) > mostHops {
		return whole, feed.Breakf(feed.Refused, "the server is the last of %d in a row, and %d are allowed", len(hops), mostHops)
	}
	whole.Quiet = live > 0 && quiet == live
	whole.Message = clip(via+strings.Join(hops, ",")+": "+strings.Join(parts, "; "), mostMessage)
	return whole, nil
}

// appendBehind appends a source or, in the place of a relay that says so, those behind it.
func appendBehind(all []market.Status, f market.Status) []market.Status {
	sources := f.Behind
	if len(sources) == 0 {
		sources = []market.Status{f}
	}
	for _, x := range sources[:min(len(sources), mostBehind-len(all))] {
		x.Behind, x.Message = nil, clip(x.Message, mostReason)
		all = append(all, x)
	}
	return all
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

// clip replaces what cannot be printed, and cuts a text to a number of bytes.
func clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if len(text) <= most {
		return text
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
