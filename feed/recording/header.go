package recording

import (
	"strconv"

	"tickertape/feed/market"
)

const (
	format  = "tickertape.ticks"
	version = 1
)

// Header says where a recording comes from.
type Header struct {
	Source    string      // the name of the feed
	Simulated bool        // its prices are made up, and everything that shows them must say so
	Recorded  market.Time // when the recording began; 0 unknown
}

// header reads a line that has been split.
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
	h.Recorded, err = l.time(keyRecorded)
	return h, err
}

// is checks the format of a header and its version.
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
