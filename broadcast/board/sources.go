package board

import (
	"slices"
	"strings"

	"tickertape/feed/market"
)

// SourceStates are the states of the feed's sources. They are never changed, only replaced: equal pointers are equal states.
type SourceStates struct {
	Version   uint64       // grows with each status
	State     market.State // of the feed as a whole: that of the source that is best off
	Simulated bool         // some prices are made up
	Replayed  bool         // some prices are those of a recording that is played
	Sources   []Source     // in the order of their first status
}

// Source is the state of one source.
type Source struct {
	market.Status
	Version uint64 // of the SourceStates that it came with
}

// with returns the states after a source has published its status.
func (s *SourceStates) with(status market.Status) *SourceStates {
	next := &SourceStates{Version: s.Version + 1, Sources: slices.Clone(s.Sources)}
	x := Source{status, next.Version}
	if i := slices.IndexFunc(next.Sources, func(x Source) bool { return x.Status.Source == status.Source }); i >= 0 {
		next.Sources[i] = x
	} else {
		next.Sources = append(next.Sources, x)
	}
	next.State = market.Down
	for _, x := range next.Sources {
		next.State = min(next.State, x.State)
		next.Simulated, next.Replayed = next.Simulated || x.Simulated, next.Replayed || x.Replayed
	}
	return next
}

// After is the source whose status is the next to be sent to a subscriber that has all up to a version; nil if there is
// none.
func (s *SourceStates) After(version uint64) *Source {
	var next *Source
	for i := range s.Sources {
		if x := &s.Sources[i]; x.Version > version && (next == nil || x.Version < next.Version) {
			next = x
		}
	}
	return next
}

// Names are those of all sources, with commas.
func (s *SourceStates) Names() string {
	names := make([]string, len(s.Sources))
	for i, x := range s.Sources {
		names[i] = x.Status.Source
	}
	return strings.Join(names, ",")
}
