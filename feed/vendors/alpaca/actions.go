package alpaca

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	actionsPath = "/v1/corporate-actions"
	// processedAfter is how long after the ex-date the vendor may process a dividend: it does so when it is paid, and sorts by that.
	processedAfter = 90 * 24 * time.Hour
)

// kinds are what is asked for. A dividend in shares is a split: a rate of 0.05 gives 105 for 100.
var kinds = []string{"forward_split", "reverse_split", "stock_dividend", "cash_dividend"}

// actions asks what happened to the shares of stocks now, and again as [vendors.NextActions] says, until ctx ends. It calls asked
// when all have been asked for, or the first request has failed.
func (c *connection) actions(ctx context.Context, asked func()) {
	for ok := true; ok; ok = vendors.NextActions(ctx, c.all[0].Hours) {
		for some := range slices.Chunk(c.all, figuresAtOnce) {
			c.askActions(ctx, some, asked)
		}
		asked()
	}
}

// askActions asks for those of some stocks and publishes them. If there are more than one answer has, it asks for each half.
func (c *connection) askActions(ctx context.Context, some []*instrument, failed func()) {
	var long [][]*instrument
	asker{c}.ask(ctx, actionsPath, some, func(ctx context.Context, some []*instrument) error {
		query := actionsQuery(some, time.Now())
		body, _, err := c.rest.Get(ctx, actionsPath, query)
		if err != nil {
			return err
		}
		return c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
			more, err := actionReader{c.decoder}.read(query, body, b)
			if more && len(some) > 1 {
				long = append(long, some)
			}
			return err
		})
	}, nil, failed)
	for _, some := range long {
		c.askActions(ctx, some[:len(some)/2], failed)
		c.askActions(ctx, some[len(some)/2:], failed)
	}
}

func actionsQuery(some []*instrument, now time.Time) url.Values {
	from, to := vendors.ActionDates(now)
	return url.Values{"symbols": {symbolsOf(some)}, "types": {strings.Join(kinds, ",")}, "limit": {"1000"},
		"start": {vendors.Date(from)}, "end": {vendors.Date(to.Add(processedAfter))}}
}

// actionReader reads what a decoder is told of actions.
type actionReader struct{ *Decoder }

// read adds to a batch what an answer says of the stocks that a query names, and reports whether there is more. If there is
// and they are several, it adds nothing.
func (d actionReader) read(query url.Values, body []byte, b *market.Batch) (more bool, err error) {
	from, err := time.Parse(time.DateOnly, query.Get("start"))
	end, bad := time.Parse(time.DateOnly, query.Get("end"))
	if err != nil || bad != nil {
		return false, vendors.Bad(vendors.BadValue, "path: %.40q to %.40q are no dates", query.Get("start"), query.Get("end"))
	}
	to := end.Add(-processedAfter)
	var ids []market.SymbolID
	for symbol := range strings.SplitSeq(query.Get("symbols"), ",") {
		if e := d.symbols[symbol]; e != nil {
			ids = append(ids, e.ID)
		}
	}
	var all []market.Action
	s := d.faults.Scanner(name)
	s.Reset(body)
	answered := false
	for s.Object(); s.More(); {
		switch key := string(s.Key()); {
		case key == "corporate_actions" && s.Kind() == '{':
			answered = true
			for s.Object(); s.More(); {
				all = d.readKind(&s, string(s.Key()), all)
			}
		case key == "next_page_token":
			more = s.Value().Known()
		default:
			s.Skip()
		}
	}
	if err := s.End(); err != nil {
		return false, err
	}
	if !answered {
		return false, vendors.Bad(vendors.NoJSON, "corporate_actions: the answer has none")
	}
	if more && len(ids) > 1 {
		return true, nil
	}
	all = slices.DeleteFunc(all, func(a market.Action) bool {
		return a.Date.Before(from) || a.Date.After(to) || !slices.Contains(ids, a.Symbol)
	})
	for _, id := range ids {
		if i := slices.IndexFunc(d.all, func(e *entry) bool { return e.ID == id }); i >= 0 {
			d.all[i].setActions(all)
		}
	}
	vendors.AddActions(b, ids, from, to, all)
	return more, nil
}

// readKind reads the list of one kind of actions, and adds those that adjust prices.
func (d actionReader) readKind(s *vendors.Scanner, kind string, all []market.Action) []market.Action {
	if s.Kind() != '[' {
		s.Skip()
		return all
	}
	for s.Array(); s.More(); {
		a, wanted, err := d.readAction(s, kind)
		if s.Err() != nil {
			break
		}
		if d.note(err); err == nil && wanted {
			all = append(all, a)
		}
	}
	return all
}

// readAction reads one action. It is not wanted if it is of a symbol that is not followed, of a kind that adjusts nothing, or a
// dividend that is not special.
func (d actionReader) readAction(s *vendors.Scanner, kind string) (a market.Action, wanted bool, err error) {
	var symbol, date, given, old, rate, special vendors.Value
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "symbol":
			symbol = s.Value()
		case "ex_date":
			date = s.Value()
		case "new_rate":
			given = s.Value()
		case "old_rate":
			old = s.Value()
		case "rate":
			rate = s.Value()
		case "special":
			special = s.Value()
		default:
			s.Skip()
		}
	}
	if s.Err() != nil || !symbol.Known() {
		return a, false, nil
	}
	text, err := symbol.String("symbol")
	if err != nil {
		return a, false, err
	}
	e := d.symbols[text]
	if e == nil {
		return a, false, nil
	}
	switch a.Symbol = e.ID; kind {
	case "forward_splits", "reverse_splits":
		a.Adjustment, err = vendors.ReadSplit("new_rate", given, "old_rate", old)
	case "stock_dividends":
		var shares market.Price
		if shares, err = rate.Price("rate"); err == nil && shares <= 0 {
			err = vendors.Bad(vendors.BadNumber, "rate: %v gives no shares", shares)
		}
		if err == nil {
			a.Adjustment, err = market.Split(market.Scale+uint64(shares), market.Scale)
		}
	case "cash_dividends":
		if is, err := special.Bool("special"); err != nil || !is {
			return a, false, err
		}
		a.Adjustment, err = vendors.ReadDividend("rate", rate)
	default:
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	a.Date, err = date.ReadDate("ex_date")
	return a, err == nil, err
}
