package recording

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"tickertape/feed/market"
)

// FuzzLine reads one line. What is good is written again, and reads the same.
func FuzzLine(f *testing.F) {
	golden, err := os.ReadFile("testdata/every-kind.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		f.Add([]byte(line))
	}
	for _, c := range badLines {
		if len(c.line) < 1000 {
			f.Add([]byte(c.line))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := market.NewDirectory()
		first, bad := read1(t, dir, text)
		for _, b := range bad {
			if b.Line < 2 || b.Reason == "" || b.Err == nil || len(b.Error()) > 1000 {
				t.Errorf("bad row %+v", b)
			}
		}
		var again []byte
		for i := range first {
			e := &first[i]
			e.Again = e.Again && (e.Kind == KindStatus || e.Kind == KindImage) // of others it means nothing
			symbol := ""
			if e.Kind != KindStatus {
				symbol = dir.Symbol(e.Symbol).Symbol
			}
			switch e.Kind {
			case KindSymbol:
				s := dir.Symbol(e.Symbol)
				again = appendSymbol(again, &s)
			case KindTick:
				again = appendTick(again, symbol, &e.Tick)
			case KindImage:
				again = appendImage(again, symbol, &e.Image, e.At, e.Again)
			case KindStatus:
				again = appendStatus(again, &e.Status, e.At, e.Again)
			case KindCorrection:
				again = appendCorrection(again, symbol, &e.Correction)
			}
		}
		fresh := market.NewDirectory()
		second, bad := read1(t, fresh, again)
		if len(bad) > 0 {
			t.Fatalf("%q was written as %q, which is bad: %v", text, again, bad)
		}
		equal(t, "entry", second, first)
		equal(t, "symbol", fresh.All(), dir.All())
	})
}

func read1(t *testing.T, dir *market.Directory, text []byte) ([]Entry, []*RowError) {
	r, err := NewReader(NewLineReader(bytes.NewReader(append([]byte(head), text...))), dir)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(t, r)
}

// FuzzRaw reads any file. What is good in it is written again, and reads the same.
func FuzzRaw(f *testing.F) {
	golden, err := os.ReadFile("testdata/raw.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	for line := range strings.Lines(string(golden)) {
		f.Add([]byte(rawHead + line))
	}
	for _, c := range badRawLines {
		f.Add([]byte(rawHead + c.line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := NewRawReader(NewLineReader(bytes.NewReader(text)))
		if err != nil {
			return
		}
		if IsRaw(bytes.TrimLeft(text, " \t\r\n")) != true && !bytes.Contains(text[:min(len(text), 100)], []byte(`\`)) {
			t.Error("a raw recording that is not seen to be one")
		}
		first, bad := readRaw(t, r)
		for _, b := range bad {
			if b.Line < 2 || b.Reason == "" || b.Err == nil || len(b.Error()) > 1000 {
				t.Errorf("bad row %+v", b)
			}
		}
		var out bytes.Buffer
		w := rawWriter(t, &out, r.Header())
		for _, m := range first {
			if m.Path == "" {
				w.Frame(m.Source, m.Connection, []byte(m.text), m.Received)
			} else {
				w.Response(m.Source, m.Path, []byte(m.text), m.Received)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := NewRawReader(NewLineReader(&out))
		if err != nil {
			t.Fatal(err)
		}
		second, bad := readRaw(t, again)
		if len(bad) > 0 {
			t.Fatalf("%q was written as what is bad: %v", text, bad)
		}
		equal(t, "message", second, first)
	})
}
