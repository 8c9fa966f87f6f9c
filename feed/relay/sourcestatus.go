package relay

import (
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// replay is the name of the source that plays recordings. Older servers do not say that it does.
const replay = "replay"

// sourceStatus decodes the status of one source, and of those behind it.
func sourceStatus(m *message) (f market.Status, err error) {
	if f, err = ownStatus(m); err == nil && m.sources.Known() {
		f.Behind, err = readStatuses(m.sources, ownStatus, mostBehind)
	}
	return f, err
}

// ownStatus decodes the status of one source alone.
func ownStatus(m *message) (f market.Status, err error) {
	if f.Source, err = sourceName("source", m.source); err != nil {
		return f, err
	}
	if f.State, err = state("status", m.status); err != nil {
		return f, err
	}
	if m.since.Known() {
		if f.Since, err = m.since.Unix("since", time.Microsecond); err != nil {
			return f, err
		}
	}
	if m.text.Known() {
		text, err := m.text.String("message")
		if err != nil {
			return f, err
		}
		f.Message = clip(text, mostKept)
	}
	f.Replayed = f.Source == replay
	for _, flag := range []struct {
		key string
		v   vendors.Value
		to  *bool
	}{{"simulated", m.simulated, &f.Simulated}, {"replayed", m.replayed, &f.Replayed}, {"quiet", m.quiet, &f.Quiet}} {
		if flag.v.Known() {
			if *flag.to, err = flag.v.Bool(flag.key); err != nil {
				return f, err
			}
		}
	}
	if m.delay.Known() {
		ms, err := m.delay.Uint("delayed_ms")
		if err != nil || ms > mostDelay {
			return f, vendors.Bad(vendors.BadNumber, "delayed_ms: %.40s is not a whole number from 0 to %d", m.delay.Raw(), mostDelay)
		}
		f.Delay = time.Duration(ms) * time.Millisecond
	}
	return f, nil
}

// readStatuses decodes a list of statuses, each by a function. Of a long list, it keeps the first, most at most.
func readStatuses(list vendors.Value, read func(*message) (market.Status, error), most int) (all []market.Status, err error) {
	var scan, inner vendors.Scanner
	var m message
	scan.Reset(list.Raw())
	for scan.Array(); scan.More(); {
		if err := m.read(&inner, scan.Value().Raw()); err != nil {
			return nil, err
		}
		f, err := read(&m)
		if err != nil {
			return nil, err
		}
		if len(all) < most {
			all = append(all, f)
		}
	}
	return all, scan.End()
}
