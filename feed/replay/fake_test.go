package replay

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// fakeKey is a key that a query writes otherwise than a header does.
const fakeKey = "s3cr3t/+="

// fakeDecoder decodes a vendor that there is not: JSON objects of which t says what they are.
type fakeDecoder struct {
	env  vendors.Env
	ids  map[string]market.SymbolID
	scan vendors.Scanner
}

func newFakeDecoder(env vendors.Env, symbols []string) (vendors.Decoder, error) {
	d := &fakeDecoder{env: env, ids: map[string]market.SymbolID{}}
	for _, name := range symbols {
		id, err := env.Dir.Add(market.Symbol{Symbol: name, Market: "crypto", Currency: "USD", Decimals: 2})
		if err != nil {
			return nil, err
		}
		d.ids[name] = id
	}
	return d, nil
}

// fakeFields are what a message says.
type fakeFields struct {
	kind, text, symbol  string
	id                  uint64
	price, vwap, before market.Price
	open, high, low     market.Price
	size, volume        market.Quantity
	count               uint64
	at                  market.Time
}

func (d *fakeDecoder) fields(text []byte) (f fakeFields, err error) {
	d.scan.Reset(text)
	for d.scan.Object(); d.scan.More(); {
		key := string(d.scan.Key())
		v := d.scan.Value()
		var e error
		switch key {
		case "t":
			f.kind, e = v.String(key)
		case "text":
			f.text, e = v.String(key)
		case "s":
			f.symbol, e = v.String(key)
		case "i":
			f.id, e = v.Uint(key)
		case "n":
			f.count, e = v.Uint(key)
		case "p":
			f.price, e = v.Price(key)
		case "o":
			f.open, e = v.Price(key)
		case "h":
			f.high, e = v.Price(key)
		case "l":
			f.low, e = v.Price(key)
		case "vw":
			f.vwap, e = v.Average(key)
		case "pc":
			f.before, e = v.Price(key)
		case "z":
			f.size, e = v.Quantity(key)
		case "v":
			f.volume, e = v.Quantity(key)
		case "at":
			f.at, e = v.Unix(key, time.Microsecond)
		}
		if err == nil {
			err = e
		}
	}
	if e := d.scan.End(); e != nil {
		err = e
	}
	return f, err
}

func (d *fakeDecoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	f, err := d.fields(text)
	if err != nil {
		d.env.Faults.Note("fake", err)
		return nil
	}
	id, known := d.ids[f.symbol]
	switch {
	case f.kind == "bye":
		return feed.Breakf(feed.Restart, "the vendor says %s", f.text)
	case !known:
	case f.kind == "trade":
		b.Ticks = append(b.Ticks, market.Tick{Symbol: id, Flags: market.Regular, ID: f.id, Price: f.price, Size: f.size, Time: f.at,
			Received: received})
	case f.kind == "cancel":
		b.Corrections = append(b.Corrections, market.Correction{Symbol: id, ID: f.id,
			Old: market.Print{Price: f.price, Size: f.size, Flags: market.Regular}, Time: f.at, Received: received})
	}
	return nil
}

func (d *fakeDecoder) Response(path string, body []byte, _ market.Time, b *market.Batch) error {
	f, err := d.fields(body)
	if err != nil {
		d.env.Faults.Note("fake", err)
		return err
	}
	id, known := d.ids[f.symbol]
	if !known {
		return fmt.Errorf("answer to %s: symbol %q is not known", path, f.symbol)
	}
	im := market.Quote{Symbol: id, PreviousClose: f.before, Set: market.FieldPreviousClose | market.FieldVolume | market.FieldCount,
		Volume: f.volume, Count: f.count}
	if f.count > 0 {
		im.Open, im.High, im.Low, im.VWAP = f.open, f.high, f.low, f.vwap
		im.Set |= market.FieldOpen | market.FieldHigh | market.FieldLow | market.FieldVWAP
	}
	b.Images = append(b.Images, im)
	return nil
}

// fakeSource is a connection to the vendor, as adapters make them.
type fakeSource struct {
	env     vendors.Env
	symbols []string
}

func (s *fakeSource) Info() feed.Info {
	return feed.Info{Name: "fake", Remote: true, Numbered: true, Market: "crypto"}
}

func (s *fakeSource) Run(ctx context.Context, publish func(market.Batch)) error {
	key := readFakeKey()
	d, err := newFakeDecoder(s.env, s.symbols)
	if err != nil {
		return err
	}
	rest := s.env.REST("fake", "https://fake.example", nil, key)
	session := vendors.Session{Source: "fake", Env: &s.env, Endpoint: s.env.Endpoint("fake", "wss://fake.example/stream", key), Decoder: d}
	session.Talk = func(ctx context.Context) error {
		for _, symbol := range s.symbols {
			body, received, err := rest.Get(ctx, "/day", url.Values{"symbol": {symbol}, "token": {key.Reveal()}})
			if err != nil {
				return nil
			}
			session.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
				var answer market.Batch
				err := d.Response("/day", body, received, &answer)
				if err == nil {
					r.AddFigures(b, answer.Images[0], received)
				}
				return err
			})
		}
		return nil
	}
	return session.Run(ctx, publish)
}

func readFakeKey() vendors.Secret {
	key, err := vendors.ReadSecret("", "", "FAKE_KEY")
	if err != nil {
		panic(err)
	}
	return key
}

// fakeVendor has one trade of each symbol every half a second, and closes its connections now and then.
type fakeVendor struct {
	symbols []string

	mu     sync.Mutex
	trades []string                 // guarded by mu: messages
	days   map[string]*market.Tally // guarded by mu
	count  int                      // guarded by mu: of trades of each symbol
	today  int                      // guarded by mu: the day of the year
}

const (
	fakeTrades = 40 // of each symbol
	fakeLives  = 15 // trades of each symbol, then the connection closes
	fakeClose  = 99 * market.Scale
)

// start opens the vendor's server.
func (v *fakeVendor) start(t *testing.T) *vendortest.Server {
	v.days, v.today = map[string]*market.Tally{}, time.Now().UTC().YearDay()
	for i, name := range v.symbols {
		y := market.NewTally(market.SymbolID(i), fakeClose, market.NewLedgers(100_000))
		v.days[name] = &y
	}
	return vendortest.NewServer(t, v.serve, http.HandlerFunc(v.day))
}

func (v *fakeVendor) serve(s *vendortest.Socket) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, err := s.Read(); err != nil {
				return
			}
		}
	}()
	defer func() { s.Drop(); <-gone }()
	s.Send(fmt.Sprintf(`{"t":"hello","text":%q}`, fakeKey))
	v.mu.Lock()
	late := v.trades[max(0, len(v.trades)-6):]
	v.mu.Unlock()
	for _, text := range late { // as vendors do
		s.Send(text)
	}
	for {
		select {
		case <-gone:
			return
		case <-time.After(500 * time.Millisecond):
		}
		more, over := v.trade()
		for _, text := range more {
			if s.Send(text) != nil {
				return
			}
		}
		if over {
			s.Send(`{"t":"bye","text":"that it restarts"}`)
			return
		}
	}
}

// trade makes one trade of each symbol, and takes one back now and then.
func (v *fakeVendor) trade() (messages []string, over bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.count == fakeTrades {
		return nil, false
	}
	v.count++
	at := market.TimeOf(time.Now())
	if today := time.Now().UTC().YearDay(); today != v.today {
		for _, y := range v.days {
			y.Apply(&market.Tick{Kind: market.KindSession, Price: y.Quote().Price})
		}
		v.today = today
	}
	for i, name := range v.symbols {
		k := market.Tick{Symbol: market.SymbolID(i), Flags: market.Regular, ID: uint64(v.count),
			Price: 100*market.Scale + market.Price(v.count*(i+1)%7)*market.Scale/100, Size: market.Units(uint64(v.count)), Time: at}
		v.days[name].Apply(&k)
		text := fmt.Sprintf(`{"t":"trade","s":%q,"i":%d,"p":"%v","z":"%v","at":%d}`, name, k.ID, k.Price, k.Size, at)
		v.trades = append(v.trades, text)
		messages = append(messages, text)
		if v.count%6 == 0 {
			v.days[name].Correct(&market.Correction{ID: k.ID, Old: market.Print{Price: k.Price, Size: k.Size, Flags: k.Flags}, Time: at})
			messages = append(messages, fmt.Sprintf(`{"t":"cancel","s":%q,"i":%d,"p":"%v","z":"%v","at":%d}`, name, k.ID, k.Price, k.Size, at))
		}
	}
	return messages, v.count%fakeLives == 0
}

// day answers with a symbol's statistics.
func (v *fakeVendor) day(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("token") != fakeKey {
		http.Error(w, "no key", http.StatusUnauthorized)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	name := r.URL.Query().Get("symbol")
	q := v.days[name].Quote()
	fmt.Fprintf(w, `{"t":"day","s":%q,"text":%q,"pc":"%v","o":"%v","h":"%v","l":"%v","v":"%v","n":%d,"vw":"%v"}`,
		name, fakeKey, q.PreviousClose, q.Open, q.High, q.Low, q.Volume, q.Count, q.VWAP)
}
