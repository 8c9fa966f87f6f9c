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

// RawWriter records the messages of vendors as they come; it is a vendors.Tap. Like [Writer], it has everything in the file
// a second later at the latest, is safe for concurrent use, and records nothing after the first error, which Close returns.
type RawWriter struct {
	sink
	header RawHeader // guarded by mu
	prefix []byte    // guarded by mu: what all lines of a message begin with
}

// CreateRaw begins a raw recording in a file or, with a rotation, in a series of them, as [Create] does.
func CreateRaw(path string, r Rotation, h RawHeader, log *slog.Logger) (*RawWriter, error) {
	w := &RawWriter{header: h}
	if err := w.open(path, r, log); err != nil {
		return nil, err
	}
	if err := w.begin(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// begin writes the header of the first file.
func (w *RawWriter) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = appendRawHeader(w.buf, w.header)
	return w.flush()
}

// ready is that of sink, and writes the header of a file that has just begun. The caller holds mu.
func (w *RawWriter) ready() bool {
	rotated, err := w.sink.ready()
	if rotated {
		w.header.Recorded = market.TimeOf(time.Now())
		w.buf = appendRawHeader(w.buf, w.header)
		w.write()
		w.fail(w.file.Flush())
	}
	return err == nil
}

// Frame records one message of a WebSocket connection. It keeps nothing of text.
func (w *RawWriter) Frame(source string, connection uint64, text []byte, received market.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ready() {
		return
	}
	w.prefix = appendQuoted(append(w.prefix[:0], `{"k":"frame","source":`...), source)
	w.prefix = strconv.AppendUint(appendKey(w.prefix, keyConnection), connection, 10)
	w.message(text, received)
}

// Response records the body of the response to GET path; neither may contain secrets. It keeps nothing of body.
func (w *RawWriter) Response(source, path string, body []byte, received market.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ready() {
		return
	}
	w.prefix = appendQuoted(append(w.prefix[:0], `{"k":"answer","source":`...), source)
	w.prefix = appendQuoted(appendKey(w.prefix, keyPath), path)
	w.message(body, received)
}

// mostPart is the most bytes of a text in one line. Even if each byte needs an escape of six, the line is shorter than MaxLine.
const mostPart = 32 << 10

// message records a text in as many lines as it needs. The caller holds mu.
func (w *RawWriter) message(text []byte, received market.Time) {
	w.prefix = appendTime(w.prefix, keyReceived, received)
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
		w.buf = append(w.buf, w.prefix...)
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
		w.writeMany()
		if len(text) == 0 {
			return
		}
	}
}
