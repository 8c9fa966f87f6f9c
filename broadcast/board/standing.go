package board

import (
	"slices"
	"strings"

	"tickertape/feed/market"
)

// Standing is the state of the feed's sources. It is never changed, only replaced, so that two are the same if they are
// the same pointer.
type Standing struct {
	Version   uint64       // grows with each status
	State     market.State // of the feed as a whole: that of the source that is best off
	Simulated bool         // some prices are made up
	Sources   []Source     // in the order of their first status
}

// Source is the state of one source.
type Source struct {
	market.Status
	Version uint64 // of the standing that brought it
}

// with is the standing after a source has told its status.
func (s *Standing) with(status market.Status) *Standing {
	next := &Standing{Version: s.Version + 1, Sources: slices.Clone(s.Sources)}
	x := Source{status, next.Version}
	if i := slices.IndexFunc(next.Sources, func(x Source) bool { return x.Status.Source == status.Source }); i >= 0 {
		next.Sources[i] = x
	} else {
		next.Sources = append(next.Sources, x)
	}
	next.State = market.Down
	for _, x := range next.Sources {
		next.State = min(next.State, x.State)
		next.Simulated = next.Simulated || x.Simulated
	}
	return next
}

// After is the source whose status is the next to be told to one who has been told all up to a version; nil
// where there is none.
func (s *Standing) After(version uint64) *Source {
	var next *Source
	for i := range s.Sources {
		if x := &s.Sources[i]; x.Version > version && (next == nil || x.Version < next.Version) {
			next = x
		}
	}
	return next
}

// Names are those of all sources, with commas.
func (s *Standing) Names() string {
	names := make([]string, len(s.Sources))
	for i, x := range s.Sources {
		names[i] = x.Status.Source
	}
	return strings.Join(names, ",")
}
