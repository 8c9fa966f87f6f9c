package recording

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"tickertape/feed/market"
)

const rawHead = `{"format":"tickertape.raw","version":1,"sources":[{"name":"fake","symbols":["A"]}]}` + "\n"

// kept is a message with a text that lasts.
type kept struct {
	Source     string
	Connection uint64
	Path       string
	text       string
	Received   market.Time
}

func readRaw(t testing.TB, r *RawReader) (messages []kept, bad []*RowError) {
	t.Helper()
	for {
		var m Message
		err := r.Next(&m)
		var row *RowError
		switch {
		case err == io.EOF:
			return messages, bad
		case errors.As(err, &row):
			bad = append(bad, row)
		case err != nil:
			t.Fatal(err)
		default:
			messages = append(messages, kept{m.Source, m.Connection, m.Path, string(m.Text), m.Received})
		}
	}
}

// everyMessage is a message of each kind.
var everyMessage = []kept{
	{"fake", 1, "", `{"type":"hello","n":1}`, 1_700_000_000_000_000},
	{"fake", 0, "/products?symbol=A%2FB", "[\n]", 1_700_000_000_000_001},
	{"other", 18446744073709551615, "", "über \\ \" \x00\u2028", 1_700_000_000_000_002},
	{"other", 2, "", "\xff\xfe no text", 1_700_000_000_000_003},
	{"other", 2, "", "", 1_700_000_000_000_004},
}

func tap(w *RawWriter, m *kept) {
	if m.Path == "" {
		w.Frame(m.Source, m.Connection, []byte(m.text), m.Received)
	} else {
		w.Response(m.Source, m.Path, []byte(m.text), m.Received)
	}
}

// TestRawWriterWritesTheDocumentedFormat holds the format in a golden file, and reads it back.
func TestRawWriterWritesTheDocumentedFormat(t *testing.T) {
	const golden = "testdata/raw.ndjson"
	header := RawHeader{Since: 1_600_000_000_000_000, Recorded: 1_700_000_000_000_000, Sources: []RawSource{
		{Name: "fake", Numbered: true, Symbols: []string{"A/B", "BRK.B"}}, {Name: "other", Symbols: []string{}}}}
	path := filepath.Join(t.TempDir(), "raw.ndjson")
	w, err := CreateRaw(path, Rotation{}, header, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for i := range everyMessage {
		tap(w, &everyMessage[i])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !IsRaw(want[:40]) {
		t.Error("its first bytes do not tell what it is")
	}
	r, err := NewRawReader(NewLineReader(bytes.NewReader(want)))
	if err != nil {
		t.Fatal(err)
	}
	h := r.Header()
	if len(h.Sources) != 2 || h.Sources[0].Name != "fake" || !h.Sources[0].Numbered ||
		strings.Join(h.Sources[0].Symbols, " ") != "A/B BRK.B" ||
		h.Sources[1].Numbered || h.Since != header.Since || h.Recorded != header.Recorded {
		t.Errorf("header: got %+v, want %+v", h, header)
	}
	messages, bad := readRaw(t, r)
	if len(bad) > 0 {
		t.Errorf("bad rows: %v", bad)
	}
	equal(t, "message", messages, everyMessage)
}

// TestALongMessageTakesSeveralLines records what no line could hold.
func TestALongMessageTakesSeveralLines(t *testing.T) {
	for name, text := range map[string]string{
		"text":                  strings.Repeat("x", 3*MaxLine),
		"escapes":               strings.Repeat("\x01", MaxLine),
		"runes":                 "x" + strings.Repeat("€", MaxLine),
		"no text":               strings.Repeat("\xff\x00", MaxLine),
		"exactly one part":      strings.Repeat("x", mostPart),
		"one byte more than it": strings.Repeat("x", mostPart+1),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w := rawWriter(t, &out, RawHeader{})
			want := []kept{{"fake", 1, "", text, 5}, {"fake", 0, "/x", text, 6}, {"fake", 1, "", "short", 7}}
			for i := range want {
				tap(w, &want[i])
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			for line := range bytes.Lines(out.Bytes()) {
				if len(line) > MaxLine {
					t.Fatalf("a line of %d bytes", len(line))
				}
			}
			r, err := NewRawReader(NewLineReader(&out))
			if err != nil {
				t.Fatal(err)
			}
			got, bad := readRaw(t, r)
			if len(bad) > 0 {
				t.Fatal(bad)
			}
			equal(t, "message", got, want)
		})
	}
}

// badRawLines are rows that cannot be used, and what is said of them.
var badRawLines = map[string]struct {
	line   string
	reason Reason
	says   []string
}{
	"no JSON":            {`hello`, BadJSON, []string{"invalid character 'h'"}},
	"no kind":            {`{"source":"fake","r":1,"d":""}`, BadKind, []string{"k: missing"}},
	"an unknown kind":    {`{"k":"trade","source":"fake","r":1,"d":""}`, BadKind, []string{"k:", `"trade"`}},
	"no source":          {`{"k":"frame","conn":1,"r":1,"d":""}`, BadValue, []string{"source: missing"}},
	"a bad connection":   {`{"k":"frame","source":"fake","conn":-1,"r":1,"d":""}`, BadValue, []string{"conn: -1"}},
	"no path":            {`{"k":"answer","source":"fake","r":1,"d":""}`, BadValue, []string{"path: missing"}},
	"no time":            {`{"k":"frame","source":"fake","conn":1,"d":""}`, BadTime, []string{"r: missing"}},
	"no content":         {`{"k":"frame","source":"fake","conn":1,"r":1}`, BadValue, []string{"d: missing"}},
	"content of no text": {`{"k":"frame","source":"fake","conn":1,"r":1,"d":{}}`, BadValue, []string{"d: {}"}},
	"bad base64":         {`{"k":"frame","source":"fake","conn":1,"r":1,"b64":"!"}`, BadValue, []string{"b64:"}},
	"no beginning": {`{"k":"frame","source":"fake","conn":1,"at":5,"r":1,"d":"x"}`, BadValue,
		[]string{"at: 5", "frame of fake, connection 1"}},
	"a part of no number": {`{"k":"frame","source":"fake","conn":1,"at":"x","r":1,"d":"x"}`, BadValue, []string{`at: "x"`}},
	"no end":              {`{"k":"answer","source":"fake","path":"/x","more":true,"r":1,"d":"x"}`, Truncated, []string{"no end"}},
	"a later version":     {`{"format":"tickertape.raw","version":2}`, BadValue, []string{"version: 2"}},
	"sources of no list":  {`{"format":"tickertape.raw","version":1,"sources":7}`, BadValue, []string{"sources: 7"}},
	"a nameless source":   {`{"format":"tickertape.raw","version":1,"sources":[{}]}`, BadValue, []string{"sources[0].name"}},
	"a bad symbol": {`{"format":"tickertape.raw","version":1,"sources":[{"name":"x","symbols":["A","A B"]}]}`, BadValue,
		[]string{"sources[0].symbols[1]", "A B"}},
}

func TestRawReaderNamesABadRowAndGoesOn(t *testing.T) {
	const good = `{"k":"frame","source":"fake","conn":1,"r":5,"d":"good"}` + "\n"
	for name, c := range badRawLines {
		t.Run(name, func(t *testing.T) {
			r, err := NewRawReader(NewLineReader(strings.NewReader(rawHead + good + c.line + "\n" + good)))
			if err != nil {
				t.Fatal(err)
			}
			messages, bad := readRaw(t, r)
			if len(messages) != 2 || len(bad) != 1 {
				t.Fatalf("%d good and %d bad rows, want 2 and 1: %v", len(messages), len(bad), bad)
			}
			if bad[0].Reason != c.reason {
				t.Errorf("got %s, want %s (%v)", bad[0].Reason, c.reason, bad[0])
			}
			for _, says := range append(c.says, "line ") {
				if !strings.Contains(bad[0].Error(), says) {
					t.Errorf("%q does not say %q", bad[0], says)
				}
			}
		})
	}
}

func TestRawReaderRefusesAFileThatIsNoRawRecording(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":      {"", "empty"},
		"ticks":      {head, `line 1: format: "tickertape.ticks"`},
		"no sources": {`{"format":"tickertape.raw","version":1}`, "line 1: sources: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewRawReader(NewLineReader(strings.NewReader(c.text))); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
			if IsRaw([]byte(c.text)) && name != "no sources" {
				t.Error("it is taken for a raw recording")
			}
		})
	}
}

// TestJoinedRawFilesAreRead takes a file whose recorder was killed in a message, and another behind it.
func TestJoinedRawFilesAreRead(t *testing.T) {
	const second = `{"format":"tickertape.raw","version":1,"sources":[],"since":9}` + "\n"
	r, err := NewRawReader(NewLineReader(strings.NewReader(rawHead +
		`{"k":"frame","source":"fake","conn":1,"r":5,"d":"half","more":true}` + "\n" + second +
		`{"k":"frame","source":"fake","conn":1,"r":6,"d":"whole"}` + "\n")))
	if err != nil {
		t.Fatal(err)
	}
	messages, bad := readRaw(t, r)
	equal(t, "message", messages, []kept{{"fake", 1, "", "whole", 6}})
	if len(bad) != 1 || bad[0].Reason != Truncated {
		t.Errorf("bad rows: %v", bad)
	}
	if r.Header().Since != 9 {
		t.Errorf("header %+v, want that of the second file", r.Header())
	}
}

// TestKilledRawRecorderLosesASecondAtMost looks into the file a second after each message.
func TestKilledRawRecorderLosesASecondAtMost(t *testing.T) {
	for _, name := range []string{"raw.ndjson", "raw.ndjson.gz", "raw.ndjson.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			synctest.Test(t, func(t *testing.T) {
				w, err := CreateRaw(path, Rotation{}, RawHeader{}, quiet)
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close()
				for i := range everyMessage {
					tap(w, &everyMessage[i])
					sleep(t, flushEvery)
					if got := rawFile(t, path); len(got) != i+1 || got[i] != everyMessage[i] {
						t.Fatalf("a second after message %d, the file has %+v", i, got)
					}
				}
			})
		})
	}
}

// rawFile reads a raw recording that may break off.
func rawFile(t testing.TB, path string) []kept {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewRawReader(NewLineReader(f))
	if err != nil {
		t.Fatal(err)
	}
	messages, bad := readRaw(t, r)
	if len(bad) > 1 || len(bad) == 1 && bad[0].Reason != Truncated {
		t.Fatal(bad)
	}
	return messages
}

// rawWriter begins a raw recording on a stream.
func rawWriter(t testing.TB, out io.Writer, h RawHeader) *RawWriter {
	t.Helper()
	w := &RawWriter{header: h}
	w.start(out, nil)
	if err := w.begin(); err != nil {
		t.Fatal(err)
	}
	return w
}
