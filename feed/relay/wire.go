package relay

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const name = "relay"

// Decoder reads what one connection says.
type Decoder struct {
	// static
	env         *vendors.Env
	self        string // what the relay is called in messages
	upstream    *upstream
	wanted      int               // requests that make up the subscription
	onNewSymbol func(name string) // called for each symbol whose record may be there now

	scan, inner vendors.Scanner
	message     message
	reading     reading
	hadHello    bool
	epoch       string
	resumes     bool // the upstream's position is one of this run of the server
	granted     int  // requests that the server has accepted
	answered    int  // how many of them have all their quotes
	mayAsk      bool // the next request can be sent
	awaits      bool // the server tells when it knows a name that it did not know
	sources     sourceStates
	status      market.Status
}

// NewDecoder reads a recording of one connection.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := addSymbols(cfg.Symbols, &env); err != nil {
		return nil, err
	}
	return newDecoder(&env, "recorded", newUpstream(), len(requests(cfg.Symbols)), func(string) {}), nil
}

func newDecoder(env *vendors.Env, self string, b *upstream, asks int, newly func(string)) *Decoder {
	return &Decoder{env: env, self: self, upstream: b, wanted: asks, onNewSymbol: newly,
		scan: env.Faults.Scanner(name), inner: env.Faults.Scanner(name)}
}

func (d *Decoder) note(err error) { d.env.Faults.Note(name, err) }

// unreadable counts a message that cannot be read, and returns the break by which it ends the connection. What it said comes
// again on the next connection.
func (d *Decoder) unreadable(err error) error {
	d.note(err)
	return feed.Breakf(feed.Lost, "the server sent what cannot be read: %w", err)
}

// current reports whether all symbols are up to date.
func (d *Decoder) current() bool { return d.answered == d.wanted }

// Frame decodes one message.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	m := &d.message
	if err := m.read(&d.scan, text); err != nil {
		return d.unreadable(err)
	}
	kind, err := m.kind.String("type")
	if err != nil {
		return d.unreadable(err)
	}
	if d.hadHello == (kind == "hello") {
		return feed.Breakf(feed.Lost, "the first message, and no other, is hello; not %.40q", kind)
	}
	b.Alive = true
	switch kind {
	case "hello":
		return d.hello(m, b)
	case "snapshot", "update":
		return d.quotes(m, kind == "snapshot", b)
	case "heartbeat":
		if d.granted == d.answered {
			return nil
		}
		d.requestAnswered(b) // nothing has changed, or it would have come
		return d.addStatus(b)
	case "status":
		if err := d.readStatus(m); err != nil {
			return d.unreadable(err)
		}
		return d.addStatus(b)
	case "subscribed":
		return d.subscribed(m, received, b)
	case "rate":
		d.env.Log.Info("the server changed the rate", vendors.KeySource, name,
			vendors.KeyRate, clip(string(m.rate.Raw()), mostMessage), vendors.KeyReason, clip(string(m.reason.Raw()), mostMessage))
	case "error":
		return refusal(m)
	case "unsubscribed", "pong":
	default:
		d.env.Faults.Count(name, vendors.Unknown, fmt.Errorf("type: %.40q is not known", kind))
	}
	return nil
}

// refusal is the break for an error of the server: the request was too much for it, now or ever.
func refusal(m *message) error {
	code, _ := m.code.String("code") // an error without a code is one, too
	text, _ := m.text.String("message")
	cause := feed.Refused
	if code == "rate_limited" {
		cause = feed.Lost
	}
	return feed.Breakf(cause, "the server refuses: %.40s: %.200s", clip(code, mostMessage), clip(text, mostMessage))
}

// hello decodes the first message.
func (d *Decoder) hello(m *message, b *market.Batch) error {
	epoch, err := m.epoch.String("epoch")
	if err != nil || !isEpoch(epoch) {
		return feed.Breakf(feed.Lost, "hello: epoch: %.40q is not the run of a tickertape", epoch)
	}
	d.hadHello, d.epoch, d.mayAsk = true, epoch, true
	d.resumes = d.upstream.onHello(epoch)
	d.promise(m, b)
	if m.awaits.Known() { // an older server does not say so, nor do it
		if d.awaits, err = m.awaits.Bool("awaits"); err != nil {
			return d.unreadable(err)
		}
	}
	if !m.sources.Known() { // an older server, which has but one
		if err := d.readStatus(m); err != nil {
			return d.unreadable(err)
		}
		return nil
	}
	all, err := readStatuses(m.sources, sourceStatus, mostSources)
	if err != nil {
		return d.unreadable(err)
	}
	for _, f := range all {
		d.sources = d.sources.with(f)
	}
	return nil
}

// mostHeartbeat is the longest heartbeat that a server may promise, in milliseconds: twice what its configuration allows.
const mostHeartbeat = 10 * 60 * 1000

// promise passes on how often the server says something at least. Without that, silence is judged as it is everywhere.
func (d *Decoder) promise(m *message, b *market.Batch) {
	if !m.heartbeat.Known() {
		return
	}
	ms, err := m.heartbeat.Uint("heartbeat_ms")
	if err == nil && (ms == 0 || ms > mostHeartbeat) {
		err = vendors.Bad(vendors.BadNumber, "heartbeat_ms: %d is not between 1 and %d", ms, mostHeartbeat)
	}
	if err != nil {
		d.note(err)
		return
	}
	b.Heartbeat = time.Duration(ms) * time.Millisecond
}

// isEpoch reports whether a text can stand in a position.
func isEpoch(text string) bool {
	for _, r := range text {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return text != "" && len(text) <= 64
}

// readStatus decodes the status of one source of the server.
func (d *Decoder) readStatus(m *message) error {
	f, err := sourceStatus(m)
	if err != nil {
		return err
	}
	d.sources = d.sources.with(f)
	return nil
}

// addStatus adds the status to the batch, unless not all symbols are up to date: until then the feed is down.
func (d *Decoder) addStatus(b *market.Batch) (err error) {
	d.status, err = d.sources.status(d.self)
	d.status.Message = clip(d.status.Message+d.upstream.lack, mostMessage)
	if err == nil && d.current() {
		b.Status = &d.status
	}
	return err
}

// requestAnswered notes that all has come that the oldest open request asked for. After the last request of the subscription,
// all symbols are up to date, and the entries that waited for it are published.
func (d *Decoder) requestAnswered(b *market.Batch) {
	if d.current() {
		return
	}
	d.answered++
	d.mayAsk = true
	if d.current() {
		b.Images = d.upstream.release(b.Images)
	}
}

// quotes decodes a snapshot or an update.
func (d *Decoder) quotes(m *message, whole bool, b *market.Batch) error {
	seq, err := m.seq.Uint("seq")
	if err != nil {
		return d.unreadable(err)
	}
	more := false
	if m.more.Known() {
		if more, err = m.more.Bool("more"); err != nil {
			return d.unreadable(err)
		}
	}
	answers := whole && !d.current() && d.granted > d.answered // or it has what has become known
	if resumed, err := m.resumed.Bool("resumed"); err == nil && resumed && answers && !d.resumes {
		d.upstream.partial = true
	}
	d.inner.Reset(m.quotes.Raw())
	for d.inner.Array(); d.inner.More(); {
		if d.reading.read(&d.inner, d.note); d.inner.Err() == nil {
			d.quote(whole, b)
		}
	}
	if err := d.inner.End(); err != nil {
		return d.unreadable(err)
	}
	if more {
		return nil
	}
	if answers {
		d.requestAnswered(b)
		if err := d.addStatus(b); err != nil {
			return err
		}
	}
	if d.current() {
		d.upstream.position = position{d.epoch, seq}
	}
	return nil
}

// quote applies the quote that was just read, and publishes it, or keeps it until all symbols are up to date.
func (d *Decoder) quote(whole bool, b *market.Batch) {
	r := &d.reading
	id, known := d.env.Dir.ID(r.symbol)
	if !known {
		var err error
		if id, err = d.env.Dir.Add(market.Symbol{Symbol: r.symbol, Decimals: r.values.Price.Decimals()}); err != nil {
			d.note(vendors.Bad(vendors.BadSymbol, "s: %w", err))
			return
		}
		d.onNewSymbol(r.symbol)
	}
	e := d.upstream.apply(id, r, whole)
	if d.current() {
		b.Images = append(b.Images, e.image())
	} else {
		e.waiting = true
	}
}

// subscribed decodes which of the named symbols the server does not know. Those are down until it knows them.
func (d *Decoder) subscribed(m *message, received market.Time, b *market.Batch) error {
	if m.id.Known() && !d.current() {
		d.granted++
	}
	if len(d.upstream.unknown) > 0 {
		err := d.names("symbols", m.symbols, func(symbol string) {
			if d.upstream.learned(symbol) {
				d.onNewSymbol(symbol)
			}
		})
		if err != nil {
			return err
		}
	}
	var unknown []string
	err := d.names("unknown", m.unknown, func(symbol string) {
		switch {
		case d.upstream.unknown[symbol]: // said before
			return
		case len(symbol) > mostMessage || len(d.upstream.unknown) == market.MaxSymbols:
			d.note(vendors.Bad(vendors.BadValue, "unknown: %.40q is too long, or one of more than %d", symbol, market.MaxSymbols))
			return
		}
		d.upstream.unknown[symbol] = true
		unknown = append(unknown, symbol)
		d.env.Faults.Count(name, vendors.BadSymbol, fmt.Errorf("unknown: the server does not know %.40q", symbol))
		if id, known := d.env.Dir.ID(symbol); known {
			b.Ticks = append(b.Ticks, market.Tick{Symbol: id, Kind: market.KindState, State: market.Down, Received: received})
		}
	})
	if len(unknown) > 0 {
		d.env.Log.Warn("symbols unknown to the server", vendors.KeySource, name, vendors.KeyCount, len(unknown),
			vendors.KeySymbols, clip(strings.Join(unknown, ","), mostMessage))
	}
	return err
}

// names calls see for each string of a list, which may be missing.
func (d *Decoder) names(key string, list vendors.Value, see func(string)) error {
	if !list.Known() {
		return nil
	}
	d.inner.Reset(list.Raw())
	for d.inner.Array(); d.inner.More(); {
		text, err := d.inner.Value().String(key)
		if err != nil {
			return d.unreadable(err)
		}
		see(text)
	}
	if err := d.inner.End(); err != nil {
		return d.unreadable(err)
	}
	return nil
}

// Answer decodes an answer to GET path: records of symbols.
func (d *Decoder) Response(path string, body []byte, _ market.Time, _ *market.Batch) error {
	u, err := url.Parse(path)
	if err != nil || u.Path != symbolsPath {
		d.env.Faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	if _, err := readRecords(body, d.env); err != nil {
		d.note(err)
	}
	return nil
}
