package recording

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tickertape/feed/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the golden files")

var quiet = slog.New(slog.DiscardHandler)

func price(t testing.TB, s string) market.Price {
	t.Helper()
	p, err := market.ParsePrice(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func quantity(t testing.TB, s string) market.Quantity {
	t.Helper()
	q, err := market.ParseQuantity(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func enter(t testing.TB, dir *market.Directory, s market.Symbol) market.SymbolID {
	t.Helper()
	id, err := dir.Add(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// everyKind is one batch with every kind of line.
func everyKind(t testing.TB, dir *market.Directory) market.Batch {
	apple := enter(t, dir, market.Symbol{Symbol: "AAPL", Name: `Apple "Inc."`, Sector: "Tech", Currency: "USD", Decimals: 2,
		PreviousClose: price(t, "189.3")})
	coin := enter(t, dir, market.Symbol{Symbol: "SHIB-USD", Decimals: 8, Rounded: true})
	const at = 1_700_000_000_000_000
	return market.Batch{
		Status: &market.Status{State: market.Live, Since: at - 5, Message: "über\n", Source: "relay", Simulated: true, Replayed: true,
			Delay: 15 * time.Minute, Quiet: true, Behind: []market.Status{
				{Source: "replay", State: market.Live, Since: at - 7, Simulated: true, Replayed: true},
				{Source: "alpaca", State: market.Down, Since: at - 6, Message: "the connection is lost", Delay: 15 * time.Minute}}},
		Images: []market.Quote{{
			Symbol: apple, Set: market.AllFields, State: market.Stale, Price: price(t, "189.31"), Bid: price(t, "189.3"), Ask: price(t, "189.32"),
			Open: price(t, "188"), High: price(t, "190"), Low: price(t, "187.5"), PreviousClose: price(t, "189.3"), VWAP: price(t, "189.1234"),
			Size: market.Units(100), BidSize: market.Units(200), AskSize: market.Units(300), Volume: market.Units(1_200_300), Count: 812, Time: at,
			Extended: price(t, "189.4"), ExtendedTime: at - 1, Source: "sim", Adjusted: "split 3:2", Reason: market.InDoubt,
			Replaces: true, OldPrice: true,
		}, {Symbol: coin, Set: market.FieldVolume | market.FieldSize, Volume: quantity(t, "123456789012345678901.5")}},
		Ticks: []market.Tick{
			{Symbol: apple, Kind: market.KindTrade, Flags: market.Regular, Price: price(t, "189.31"), Size: market.Units(100), Time: at,
				Received: at + 1500},
			{Symbol: coin, Kind: market.KindTrade, Flags: market.SetsVolume, Price: price(t, "0.00001234"), Size: quantity(t, "0.5"),
				Time: at + 1, Received: at + 1},
			{Symbol: coin, Kind: market.KindTrade, Price: price(t, "0.00001234"), Received: at + 2},
			{Symbol: apple, Kind: market.KindTrade, Flags: market.Regular.AsOutOfOrder(), Price: price(t, "189.32"), Size: market.Units(5),
				Time: at - 3, Received: at + 2, Conditions: "@,Z"},
			{Symbol: apple, Kind: market.KindQuote, Flags: market.BothSides, Bid: price(t, "189.3"), BidSize: market.Units(200),
				Ask: price(t, "189.32"), AskSize: market.Units(100), Time: at + 3, Received: at + 4},
			{Symbol: apple, Kind: market.KindQuote, Flags: market.HasAsk, Ask: price(t, "189.32"), Time: at + 5, Received: at + 5},
			{Symbol: apple, Kind: market.KindQuote, Time: at + 6, Received: at + 6},
			{Symbol: apple, Kind: market.KindState, State: market.Halted, Time: at + 7, Received: at + 7},
			{Symbol: apple, Kind: market.KindSession, Price: price(t, "189.31"), Time: at + 8, Received: at + 8},
			{Symbol: apple, Kind: market.KindSession, Time: at + 9, Received: at + 9},
			{Symbol: apple, Kind: market.KindTrade, Flags: market.SetsExtended | market.SetsVolume, Price: price(t, "189.4"),
				Size: market.Units(10), Time: at + 10, Received: at + 11, ID: 1<<64 - 1},
			{Symbol: apple, Kind: market.KindAlive, Time: at + 12, Received: at + 12},
			{Symbol: apple, Kind: market.KindState, State: market.Stale, Conditions: market.InDoubt, Time: at + 16, Received: at + 16},
			{Symbol: apple, Kind: market.KindAdjust, Conditions: "dividend 1.25, split 10:1", Time: at + 17, Received: at + 18},
			{Symbol: apple, Kind: market.KindAdjust, Time: at + 17, Received: at + 19},
		},
		Corrections: []market.Correction{
			{Symbol: apple, ID: 1<<64 - 1, Old: market.Print{Price: price(t, "189.4"), Size: market.Units(10),
				Flags: market.SetsExtended | market.SetsVolume}, Time: at + 13, Received: at + 14},
			{Symbol: coin, ID: 7, Old: market.Print{Price: price(t, "0.00001234"), Size: quantity(t, "0.5"), Flags: market.SetsVolume},
				New: market.Print{Price: price(t, "0.00001233"), Size: quantity(t, "0.25"), Flags: market.Regular}, Received: at + 15},
		},
	}
}

// TestWriterWritesTheDocumentedFormat holds the format in a golden file, and reads it back.
func TestWriterWritesTheDocumentedFormat(t *testing.T) {
	const golden = "testdata/every-kind.ndjson"
	dir := market.NewDirectory()
	batch := everyKind(t, dir)
	header := Header{Source: "sim", Simulated: true, Replayed: true, Delay: 15 * time.Minute, Recorded: 1_700_000_000_000_000}
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) { // the clock stands at 2000-01-01
		w := NewWriter(&out, header, dir)
		if err := errors.Join(w.Write(batch), w.Close()); err != nil {
			t.Fatal(err)
		}
	})
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", out.Bytes(), want)
	}

	fresh := market.NewDirectory()
	r, err := Open(golden, fresh)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Header(); got != header {
		t.Errorf("header: got %+v, want %+v", got, header)
	}
	entries, bad := readAll(t, r)
	if len(bad) > 0 {
		t.Errorf("bad rows: %v", bad)
	}
	var got market.Batch
	for i := range entries {
		switch e := &entries[i]; e.Kind {
		case KindStatus:
			got.Status = &e.Status
		case KindImage:
			got.Images = append(got.Images, e.Image)
		case KindTick:
			got.Ticks = append(got.Ticks, e.Tick)
		case KindCorrection:
			got.Corrections = append(got.Corrections, e.Correction)
		}
	}
	if !got.Status.Equal(batch.Status) {
		t.Errorf("status: got %+v, want %+v", got.Status, batch.Status)
	}
	equal(t, "image", got.Images, batch.Images)
	equal(t, "tick", got.Ticks, batch.Ticks)
	equal(t, "correction", got.Corrections, batch.Corrections)
	equal(t, "symbol", fresh.All(), dir.All())
}

func equal[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d of %s, want %d", len(got), what, len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s %d: got %+v, want %+v", what, i, got[i], want[i])
		}
	}
}

func readAll(t testing.TB, r *Reader) (entries []Entry, bad []*RowError) {
	t.Helper()
	for {
		var e Entry
		err := r.Next(&e)
		var row *RowError
		switch {
		case err == io.EOF:
			return entries, bad
		case errors.As(err, &row):
			bad = append(bad, row)
		case err != nil:
			t.Fatal(err)
		default:
			entries = append(entries, e)
		}
	}
}

const head = `{"format":"tickertape.ticks","version":1}` + "\n"

func read(t testing.TB, text string) ([]Entry, []*RowError) {
	t.Helper()
	r, err := NewReader(NewLineReader(strings.NewReader(text)), market.NewDirectory())
	if err != nil {
		t.Fatal(err)
	}
	return readAll(t, r)
}

// badLines are rows that cannot be used, and what is said of them.
var badLines = map[string]struct {
	line   string
	reason Reason
	says   []string
}{
	"no JSON":              {`hello`, BadJSON, []string{"invalid character 'h'"}},
	"a list":               {`[1]`, BadJSON, []string{"[1]", "not a JSON object"}},
	"a broken object":      {`{"k":"trade",`, BadJSON, []string{"does not end"}},
	"trailing data":        {`{"k":"trade","s":"A","p":1,"t":1} x`, BadJSON, []string{"after the object"}},
	"two objects":          {`{"k":"trade","s":"A","p":1,"t":1}{}`, BadJSON, []string{"after the object"}},
	"a key twice":          {`{"k":"trade","s":"A","p":1,"p":2,"t":1}`, BadJSON, []string{"duplicate", "p"}},
	"no UTF-8":             {"{\"k\":\"trade\",\"s\":\"\xff\",\"p\":1,\"t\":1}", BadJSON, []string{"UTF-8"}},
	"no kind":              {`{"s":"A","p":1,"t":1}`, BadKind, []string{"k: missing"}},
	"an unknown kind":      {`{"k":"option","s":"A"}`, BadKind, []string{"k:", `"option"`}},
	"a kind of no text":    {`{"k":7}`, BadKind, []string{"k: 7"}},
	"no symbol":            {`{"k":"trade","p":1,"t":1}`, BadSymbol, []string{"s: missing"}},
	"a bad symbol":         {`{"k":"trade","s":"A B","p":1,"t":1}`, BadSymbol, []string{"s:", "A B"}},
	"a symbol of no text":  {`{"k":"trade","s":1,"p":1,"t":1}`, BadSymbol, []string{"s: 1"}},
	"no price":             {`{"k":"trade","s":"A","t":1}`, NoPrice, []string{"p: missing"}},
	"a null price":         {`{"k":"trade","s":"A","p":null,"t":1}`, NoPrice, []string{"p: missing"}},
	"an exponent":          {`{"k":"trade","s":"A","p":1e5,"t":1}`, BadPrice, []string{"p:", "1e5"}},
	"rounded to zero":      {`{"k":"trade","s":"A","p":0.0000000001,"t":1}`, BadPrice, []string{"p:", "0.0000000001"}},
	"not a number":         {`{"k":"trade","s":"A","p":"NaN","t":1}`, BadPrice, []string{"p:", "NaN"}},
	"a price that is on":   {`{"k":"trade","s":"A","p":true,"t":1}`, BadPrice, []string{"p: true"}},
	"a negative price":     {`{"k":"trade","s":"A","p":-1,"t":1}`, BadPrice, []string{"p: -1"}},
	"a price of zero":      {`{"k":"trade","s":"A","p":0.00,"t":1}`, BadPrice, []string{"p: 0"}},
	"a huge price":         {`{"k":"trade","s":"A","p":9223372037,"t":1}`, BadPrice, []string{"p:", "9223372037"}},
	"a negative size":      {`{"k":"trade","s":"A","p":1,"z":-1,"t":1}`, BadSize, []string{"z:", "-1"}},
	"a side of no price":   {`{"k":"quote","s":"A","bz":5,"t":1}`, BadSize, []string{"bz: 5", "without b"}},
	"a bad ask":            {`{"k":"quote","s":"A","a":"x","t":1}`, BadPrice, []string{"a:", `"x"`}},
	"strange conditions":   {`{"k":"trade","s":"A","p":1,"c":"ly","t":1}`, BadValue, []string{"c:", `"ly"`}},
	"in and out":           {`{"k":"trade","s":"A","p":1,"c":"lx","t":1}`, BadValue, []string{"c:", `"lx"`}},
	"a bad id":             {`{"k":"trade","s":"A","p":1,"i":-1,"t":1}`, BadValue, []string{"i: -1"}},
	"nothing to correct":   {`{"k":"correction","s":"A","i":1,"t":1}`, NoPrice, []string{"p: missing"}},
	"half a correction":    {`{"k":"correction","s":"A","p":1,"nz":5,"t":1}`, NoPrice, []string{"np: missing"}},
	"a bad correction":     {`{"k":"correction","s":"A","p":1,"np":0,"t":1}`, BadPrice, []string{"np: 0"}},
	"again, perhaps":       {`{"k":"status","status":"live","since":1,"again":1}`, BadValue, []string{"again: 1"}},
	"no time":              {`{"k":"trade","s":"A","p":1}`, BadTime, []string{"t: missing"}},
	"a time of seconds":    {`{"k":"trade","s":"A","p":1,"t":1.5}`, BadTime, []string{"t: 1.5"}},
	"a negative time":      {`{"k":"trade","s":"A","p":1,"t":-5}`, BadTime, []string{"t: -5"}},
	"the year 10000":       {`{"k":"trade","s":"A","p":1,"t":253402300800000000}`, BadTime, []string{"t: 2534"}},
	"a huge time":          {`{"k":"trade","s":"A","p":1,"t":99999999999999999999999}`, BadTime, []string{"t: 999"}},
	"a bad arrival":        {`{"k":"trade","s":"A","p":1,"t":1,"r":"x"}`, BadTime, []string{`r: "x"`}},
	"a strange state":      {`{"k":"state","s":"A","st":"asleep","t":1}`, BadValue, []string{"st:", "asleep"}},
	"no state":             {`{"k":"state","s":"A","t":1}`, BadValue, []string{"st: missing"}},
	"no adjustment":        {`{"k":"adjust","s":"A","adj":"merger","t":1}`, BadValue, []string{"adj:", "merger"}},
	"a reason with quotes": {`{"k":"state","s":"A","st":"stale","why":"a\"b","t":1}`, BadValue, []string{"why:"}},
	"a source with quotes": {`{"k":"image","s":"A","src":"a\"b","r":1}`, BadValue, []string{"src:"}},
	"no status":            {`{"k":"status","since":1}`, BadValue, []string{"status: missing"}},
	"an endless status":    {`{"k":"status","status":"down"}`, BadTime, []string{"since: missing"}},
	"a strange delay":      {`{"k":"status","status":"down","since":1,"delayed_ms":1.5}`, BadValue, []string{"delayed_ms: 1.5"}},
	"a century's delay":    {`{"k":"status","status":"down","since":1,"delayed_ms":3155760000000}`, BadValue, []string{"delayed_ms: 3155"}},
	"quiet, perhaps":       {`{"k":"status","status":"live","since":1,"quiet":"no"}`, BadValue, []string{`quiet: "no"`}},
	"no list of sources":   {`{"k":"status","status":"live","since":1,"sources":{}}`, BadValue, []string{"sources: {}"}},
	"a source of nothing":  {`{"k":"status","status":"live","since":1,"sources":[{}]}`, BadValue, []string{"status: missing"}},
	"a timeless image":     {`{"k":"image","s":"A","p":1}`, BadTime, []string{"r: missing"}},
	"half a trade":         {`{"k":"image","s":"A","n":1.5,"r":1}`, BadValue, []string{"n: 1.5"}},
	"ten digits":           {`{"k":"symbol","s":"A","decimals":10}`, BadValue, []string{"decimals: 10"}},
	"a name of no text":    {`{"k":"symbol","s":"A","name":{}}`, BadValue, []string{"name: {}"}},
	"a later version":      {`{"format":"tickertape.ticks","version":2}`, BadValue, []string{"version: 2"}},
	"a line without end":   {`{"k":"` + strings.Repeat("x", MaxLine) + `"}`, TooLong, []string{"longer than"}},
}

func TestReaderNamesABadRowAndGoesOn(t *testing.T) {
	const good = `{"k":"trade","s":"GOOD","p":1,"t":5}` + "\n"
	for name, c := range badLines {
		t.Run(name, func(t *testing.T) {
			entries, bad := read(t, head+good+c.line+"\n"+good)
			if len(entries) != 2 || len(bad) != 1 {
				t.Fatalf("%d good and %d bad rows, want 2 and 1: %v", len(entries), len(bad), bad)
			}
			if bad[0].Line != 3 || bad[0].Reason != c.reason {
				t.Errorf("got %s at line %d, want %s at line 3 (%v)", bad[0].Reason, bad[0].Line, c.reason, bad[0])
			}
			for _, says := range append(c.says, "line 3: ") {
				if !strings.Contains(bad[0].Error(), says) {
					t.Errorf("%q does not say %q", bad[0], says)
				}
			}
		})
	}
}

func TestReaderTakesWhatIsMeant(t *testing.T) {
	entries, bad := read(t, head+"\r\n \n"+
		`{ "t" : 7, "p":"189.30", "s":"\u0041APL", "k":"trade", "venue":{"x":[1]}, "z":null }`+"\r\n"+
		head+ // joined by cat
		`{"k":"quote","s":"AAPL","b":1.5,"a":null,"t":8,"r":9}`)
	if len(bad) > 0 || len(entries) != 2 {
		t.Fatalf("%d entries, bad %v", len(entries), bad)
	}
	want := market.Tick{Kind: market.KindTrade, Flags: market.Regular, Price: price(t, "189.3"), Time: 7, Received: 7}
	if entries[0].Tick != want {
		t.Errorf("got %+v, want %+v", entries[0].Tick, want)
	}
	want = market.Tick{Kind: market.KindQuote, Flags: market.HasBid, Bid: price(t, "1.5"), Time: 8, Received: 9}
	if entries[1].Tick != want || entries[1].At != 9 {
		t.Errorf("got %+v at %d, want %+v at 9", entries[1].Tick, entries[1].At, want)
	}
}

func TestReaderRefusesAFileThatIsNoRecording(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":        {"", "empty"},
		"text":         {"hello\n", "line 1: "},
		"other JSON":   {`{"a":1}`, "line 1: format"},
		"other format": {`{"format":"x","version":1}`, `line 1: format: "x"`},
		"no version":   {`{"format":"tickertape.ticks"}`, "line 1: version: missing"},
		"later":        {`{"format":"tickertape.ticks","version":2}`, "line 1: version: 2"},
		"source":       {`{"format":"tickertape.ticks","version":1,"source":1}`, "line 1: source: 1"},
		"simulated":    {`{"format":"tickertape.ticks","version":1,"simulated":"no"}`, `line 1: simulated: "no"`},
		"replayed":     {`{"format":"tickertape.ticks","version":1,"replayed":1}`, `line 1: replayed: 1`},
		"delay":        {`{"format":"tickertape.ticks","version":1,"delayed_ms":-1}`, `line 1: delayed_ms: -1`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewReader(NewLineReader(strings.NewReader(c.text)), market.NewDirectory())
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}

// TestKilledRecorderLosesOnlyWhatWasNotFlushed cuts recordings at every byte behind a flush.
func TestKilledRecorderLosesOnlyWhatWasNotFlushed(t *testing.T) {
	for _, name := range []string{"plain.ndjson", "a.ndjson.gz", "a.ndjson.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			dir := market.NewDirectory()
			batch := everyKind(t, dir)
			w, err := Create(path, Rotation{}, Header{Source: "sim"}, dir, quiet)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				if err := w.Write(batch); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			flushed, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.Write(batch), w.Close()); err != nil {
				t.Fatal(err)
			}
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			const perBatch, symbols = 20, 2
			step := max(1, (len(whole)-len(flushed))/50)
			for size := len(flushed); size <= len(whole); size += step {
				if err := os.WriteFile(path+".cut", whole[:size], 0o644); err != nil {
					t.Fatal(err)
				}
				r, err := Open(path+".cut", market.NewDirectory())
				if err != nil {
					t.Fatalf("%d of %d bytes: %v", size, len(whole), err)
				}
				entries, bad := readAll(t, r)
				r.Close()
				if got, want := len(entries), symbols+20*perBatch; got < want {
					t.Fatalf("%d of %d bytes: %d rows, want %d or more", size, len(whole), got, want)
				}
				if len(bad) > 1 || len(bad) == 1 && bad[0].Reason != Truncated {
					t.Fatalf("%d of %d bytes: %v", size, len(whole), bad)
				}
			}
			r, err := Open(path, market.NewDirectory())
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if entries, bad := readAll(t, r); len(entries) != symbols+21*perBatch || len(bad) > 0 {
				t.Errorf("whole: %d rows and %v", len(entries), bad)
			}
		})
	}
}

// TestWriterFlushesASecondLater writes once, and nothing more comes.
func TestWriterFlushesASecondLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := market.NewDirectory()
		id := enter(t, dir, market.Symbol{Symbol: "A"})
		out := &flushed{}
		w := NewWriter(out, Header{}, dir)
		time.Sleep(flushEvery)
		synctest.Wait()
		if out.flushes != 1 || !strings.Contains(out.String(), "format") {
			t.Errorf("%d flushes of %q, want the header", out.flushes, out)
		}
		tick := market.Tick{Symbol: id, Price: 1, Time: 1, Received: 1}
		if err := w.Write(market.Batch{Ticks: []market.Tick{tick}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * flushEvery)
		synctest.Wait()
		if out.flushes != 2 || !strings.Contains(out.String(), "trade") {
			t.Errorf("%d flushes of %q, want one more with the trade", out.flushes, out)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := w.Write(market.Batch{}); err == nil {
			t.Error("no error for a write after the end")
		}
	})
}

type flushed struct {
	bytes.Buffer
	flushes int
}

func (f *flushed) Flush() error { f.flushes++; return nil }

func TestWriterKeepsItsFirstError(t *testing.T) {
	dir := market.NewDirectory()
	w := NewWriter(full{}, Header{}, dir)
	if err := w.Flush(); !errors.Is(err, errFull) {
		t.Errorf("flush: %v, want %v", err, errFull)
	}
	if err := w.Write(market.Batch{}); !errors.Is(err, errFull) {
		t.Errorf("write: %v, want %v", err, errFull)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v, want %v", err, errFull)
	}
}

var errFull = errors.New("no space")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestCreateOverwritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ndjson")
	if err := os.WriteFile(path, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, Rotation{}, Header{}, market.NewDirectory(), quiet); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s", err, path)
	}
	if b, err := os.ReadFile(path); string(b) != "precious" {
		t.Errorf("the file holds %q now (%v)", b, err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, Rotation{}, Header{}, market.NewDirectory(), quiet)
	if err != nil {
		t.Fatalf("an empty file: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenNamesTheFileThatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.gz")
	if err := os.WriteFile(broken, []byte("\x1f\x8bnonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, broken, filepath.Join(dir, "missing")} {
		if _, err := Open(path, market.NewDirectory()); err == nil || strings.Count(err.Error(), path) != 1 {
			t.Errorf("got %v, want it to name %s once", err, path)
		}
	}
}

// TestKeysHaveNamesOfTheirOwn finds a field of quotes whose key a recording uses for something else.
func TestKeysHaveNamesOfTheirOwn(t *testing.T) {
	if len(keysByName) != int(numKeys) {
		t.Errorf("%d keys have %d names: %q", numKeys, len(keysByName), keyNames)
	}
	if _, unnamed := keysByName[""]; unnamed {
		t.Errorf("a key has no name: %q", keyNames)
	}
}
