package recording

import (
	"encoding/base64"
	"log/slog"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

// RawWriter records what comes in from vendors, as it comes: it is an vendors.Tap. Whatever it was given is
// in the file a second later, as with [Writer]. The first error stays: from then on it records nothing.
type RawWriter struct {
	sink
	header RawHeader // guarded by mu
	start  []byte    // guarded by mu: what the lines of a message begin with
}

// CreateRaw begins a raw recording in a file or, with a rotation, in a series of them, as [Create] does.
func CreateRaw(path string, r Rotation, h RawHeader, log *slog.Logger) (*RawWriter, error) {
	w := &RawWriter{header: h}
	if err := w.create(path, r, w.begin, log); err != nil {
		return nil, err
	}
	return w, nil
}

// begin begins a file. The caller holds mu.
func (w *RawWriter) begin(again bool) {
	if again {
		w.header.Recorded = market.TimeOf(time.Now())
	}
	w.buf = appendRawHeader(w.buf, w.header)
}

// Frame records one message of a WebSocket connection.
func (w *RawWriter) Frame(source string, connection uint64, text []byte, received market.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready() != nil {
		return
	}
	w.start = appendQuoted(append(w.start[:0], `{"k":"frame","source":`...), source)
	w.start = strconv.AppendUint(appendKey(w.start, keyConnection), connection, 10)
	w.message(text, received)
}

// Answer records the body of an answer to GET path, in which there are no secrets.
func (w *RawWriter) Answer(source, path string, body []byte, received market.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready() != nil {
		return
	}
	w.start = appendQuoted(append(w.start[:0], `{"k":"answer","source":`...), source)
	w.start = appendQuoted(appendKey(w.start, keyPath), path)
	w.message(body, received)
}

// mostPart is so much of a text that a line has room for it, where each byte needs six.
const mostPart = 32 << 10

// message records a text in as many lines as it takes. The caller holds mu.
func (w *RawWriter) message(text []byte, received market.Time) {
	w.start = appendTime(w.start, keyReceived, received)
	isText := utf8.Valid(text)
	for at := 0; ; {
		part := text
		if len(part) > mostPart {
			part = part[:mostPart]
			for isText && !utf8.RuneStart(text[len(part)]) {
				part = part[:len(part)-1]
			}
		}
		text = text[len(part):]
		w.buf = append(w.buf, w.start...)
		if at > 0 {
			w.buf = strconv.AppendInt(appendKey(w.buf, keyAt), int64(at), 10)
		}
		at += len(part)
		if isText {
			w.buf, _ = jsontext.AppendQuote(appendKey(w.buf, keyText), part) // only text that is not UTF-8 is refused
		} else {
			w.buf = append(appendKey(w.buf, keyBase64), '"')
			w.buf = append(base64.StdEncoding.AppendEncode(w.buf, part), '"')
		}
		w.buf = appendTrue(w.buf, keyMore, len(text) > 0)
		w.buf = append(w.buf, "}\n"...)
		w.spill()
		if len(text) == 0 {
			return
		}
	}
}
