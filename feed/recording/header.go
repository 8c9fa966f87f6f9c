package recording

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"tickertape/feed/market"
)

const (
	format  = "tickertape.ticks"
	version = 1
)

// Header says where a recording comes from.
type Header struct {
	Source    string        // the name of the feed
	Simulated bool          // prices are made up, and everything that shows them must say so
	Replayed  bool          // they were those of a recording, when this one was made
	Delay     time.Duration // how late they were by contract; 0: not
	Recorded  market.Time   // when the recording began; 0 unknown
}

// header reads the header of a recording of ticks.
func (l *line) header() (h Header, err error) {
	if err := l.is(format, version); err != nil {
		return h, err
	}
	source, err := l.text(keySource, BadValue)
	if err != nil {
		return h, err
	}
	h.Source = string(source)
	if h.Simulated, err = l.flag(keySimulated, false); err != nil {
		return h, err
	}
	if h.Replayed, err = l.flag(keyReplayed, false); err != nil {
		return h, err
	}
	if h.Delay, err = l.delay(); err != nil {
		return h, err
	}
	h.Recorded, err = l.time(keyRecorded)
	return h, err
}

// is returns an error unless the line is the header of a format, in the version known here.
func (l *line) is(format string, version int) error {
	text, err := l.text(keyFormat, BadValue)
	if err != nil {
		return err
	}
	if string(text) != format {
		return bad(BadValue, "format: %.40q is not %q", text, format)
	}
	if !l.has(keyVersion) {
		return bad(BadValue, "version: missing")
	}
	if v := l.values[keyVersion]; string(v) != strconv.Itoa(version) {
		return bad(BadValue, "version: %.40s is not %d, the only one known here", v, version)
	}
	return nil
}

// rawHeader reads the header of a raw recording.
func (l *line) rawHeader() (h RawHeader, err error) {
	if err := l.is(rawFormat, rawVersion); err != nil {
		return h, err
	}
	if !l.has(keySources) {
		return h, bad(BadValue, "sources: missing")
	}
	if err := json.Unmarshal(l.values[keySources], &h.Sources); err != nil {
		return h, bad(BadValue, "sources: %.40s is not a list of names and symbols: %w", l.values[keySources], err)
	}
	for i, s := range h.Sources {
		if s.Name == "" {
			return h, bad(BadValue, `sources[%d].name: "" is no source`, i)
		}
		for j, name := range s.Symbols {
			if err := market.CheckSymbol(name); err != nil {
				return h, bad(BadValue, "sources[%d].symbols[%d]: %w", i, j, err)
			}
		}
	}
	if h.Since, err = l.time(keySince); err != nil {
		return h, err
	}
	h.Recorded, err = l.time(keyRecorded)
	return h, err
}
