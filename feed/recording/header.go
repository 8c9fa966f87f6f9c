package recording

import (
	"fmt"

	"tickertape/feed"
)

const (
	format  = "tickertape.ticks"
	version = 1
)

// Header says where a recording comes from.
type Header struct {
	Source    string    // the name of the feed
	Simulated bool      // its prices are made up, and everything that shows them must say so
	Recorded  feed.Time // when the recording began; 0 unknown
}

// header reads a line that has been split.
func (l *line) header() (h Header, err error) {
	text, err := l.text(keyFormat, BadValue)
	if err != nil {
		return h, err
	}
	if string(text) != format {
		return h, bad(BadValue, "format: %.40q is not %q", text, format)
	}
	if !l.has(keyVersion) {
		return h, bad(BadValue, "version: missing")
	}
	if v := l.values[keyVersion]; string(v) != fmt.Sprint(version) {
		return h, bad(BadValue, "version: %.40s is not %d, the only one known here", v, version)
	}
	source, err := l.text(keySource, BadValue)
	if err != nil {
		return h, err
	}
	h.Source = string(source)
	switch v := l.values[keySimulated]; v.Kind() {
	case 't':
		h.Simulated = true
	case 'f', 0:
	default:
		return h, bad(BadValue, "simulated: %.40s is not true or false", v)
	}
	h.Recorded, err = l.time(keyRecorded)
	return h, err
}
