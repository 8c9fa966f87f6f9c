package broadcast

import (
	"slices"
	"strings"

	"tickertape/feed/market"
)

// standing is how the feed's sources stand. It is never changed, only replaced.
type standing struct {
	version   uint64       // grows with each change
	state     market.State // of the feed as a whole: that of the source that is best off
	simulated bool         // some prices are made up
	sources   []footing
}

// footing is the state of one source.
type footing struct {
	market.Status
	version uint64 // of the standing that brought it
}

// with is the standing after a source has told its status.
func (s *standing) with(status market.Status) *standing {
	next := &standing{version: s.version + 1, sources: slices.Clone(s.sources)}
	f := footing{status, next.version}
	if i := slices.IndexFunc(next.sources, func(f footing) bool { return f.Source == status.Source }); i >= 0 {
		next.sources[i] = f
	} else {
		next.sources = append(next.sources, f)
	}
	next.state = market.Down
	for _, f := range next.sources {
		next.state = min(next.state, f.State)
		next.simulated = next.simulated || f.Simulated
	}
	return next
}

// after is the source whose status is the next to be told to one who has been told all up to a version; nil
// when there is none.
func (s *standing) after(version uint64) *footing {
	var next *footing
	for i := range s.sources {
		if f := &s.sources[i]; f.version > version && (next == nil || f.version < next.version) {
			next = f
		}
	}
	return next
}

// names are those of all sources, with commas.
func (s *standing) names() string {
	names := make([]string, len(s.sources))
	for i, f := range s.sources {
		names[i] = f.Source
	}
	return strings.Join(names, ",")
}

// messages are the status of each source.
func (s *standing) messages() []statusMessage {
	var all []statusMessage
	for _, f := range s.sources {
		all = append(all, f.message(""))
	}
	return all
}

func (f *footing) message(kind string) statusMessage {
	return statusMessage{Type: kind, Source: f.Source, Status: f.State.String(), Since: f.Since, Message: f.Message, Simulated: f.Simulated}
}
