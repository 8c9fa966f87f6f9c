package massive

import (
	"tickertape/feed/vendors"
)

// mostCode is the largest number of a condition that is accepted; the vendor's are far below.
const mostCode = 1023

// rules are the effects of conditions, by the vendor's number. They are never changed, only replaced.
type rules [mostCode + 1]vendors.Effect

// built is used until the vendor has sent its own rules. Numbers that are not in it have no effect.
var built = func() *rules {
	var r rules
	for e, codes := range map[vendors.Effect][]int{
		// average price, cash, next day, price variation, odd lot, contingent, QCT
		vendors.NoLast | vendors.NoRange: {2, 7, 20, 21, 37, 52, 53},
		// bunched sold, derivatively priced, prior reference, seller, sold out of sequence
		vendors.NoLast: {5, 10, 22, 29, 32, 33},
		vendors.NoLast | vendors.NoRange | vendors.NoVolume: {15, 16}, // official close and open: no trades
		vendors.NoVolume: {38}, // corrected close
	} {
		for _, c := range codes {
			r[c] = e
		}
	}
	r.mark()
	return &r
}()

// mark sets what the vendor's rules do not say: which conditions are of trades outside the session, and which are of
// trades reported after its end.
func (r *rules) mark() {
	for _, c := range []int{12, 13} { // Form T, extended hours out of sequence
		r[c] = r[c]&^(vendors.NoLast|vendors.NoRange) | vendors.Extended
	}
	r[13] |= vendors.NoLast
	for _, c := range []int{5, 10, 22, 32, 33} { // bunched sold, derivatively priced, prior reference, sold out of sequence
		if r[c]&vendors.NoLast != 0 {
			r[c] = r[c]&^vendors.NoLast | vendors.OnlyFirst
		}
	}
	for _, c := range []int{8, 15, 19, 38} { // closing print, official close, closing of a market centre, corrected close
		r[c] |= vendors.Closing
	}
}

// readRules reads the vendor's list of conditions.
func readRules(body []byte) (*rules, error) {
	r := *built
	var s vendors.Scanner
	s.Reset(body)
	listed := false
	for s.Object(); s.More(); {
		if string(s.Key()) != "results" {
			s.Skip()
			continue
		}
		listed = true
		for s.Array(); s.More(); {
			if err := r.read(&s); err != nil {
				return nil, err
			}
		}
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	if !listed {
		return nil, vendors.Bad(vendors.NoJSON, "results: the answer has no list of conditions")
	}
	r.mark()
	return &r, nil
}

// read decodes one condition. One without rules of its own keeps what is built in.
func (r *rules) read(s *vendors.Scanner) error {
	var id, last, span, volume vendors.Value
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "id":
			id = s.Value()
		case "update_rules":
			for s.Object(); s.More(); {
				if string(s.Key()) != "consolidated" {
					s.Skip()
					continue
				}
				for s.Object(); s.More(); {
					switch string(s.Key()) {
					case "updates_open_close":
						last = s.Value()
					case "updates_high_low":
						span = s.Value()
					case "updates_volume":
						volume = s.Value()
					default:
						s.Skip()
					}
				}
			}
		default:
			s.Skip()
		}
	}
	if s.Err() != nil || !last.Known() {
		return nil
	}
	n, err := id.Uint("id")
	if err != nil {
		return err
	}
	if n > mostCode {
		return vendors.Bad(vendors.BadValue, "id: condition %d is more than %d", n, mostCode)
	}
	var e vendors.Effect
	for _, x := range []struct {
		key    string
		v      vendors.Value
		effect vendors.Effect
	}{
		{"updates_open_close", last, vendors.NoLast},
		{"updates_high_low", span, vendors.NoRange},
		{"updates_volume", volume, vendors.NoVolume},
	} {
		updates, err := x.v.Bool(x.key)
		if err != nil {
			return err
		}
		if !updates {
			e |= x.effect
		}
	}
	r[n] = e
	return nil
}

// of is the joined effect of a list of conditions, as raw JSON; 0 if there is no list.
func (r *rules) of(v vendors.Value, list *vendors.Scanner) (e vendors.Effect, err error) {
	if !v.Known() {
		return 0, nil
	}
	list.Reset(v.Raw())
	for list.Array(); list.More(); {
		code, bad := list.Value().Uint("c")
		if bad != nil {
			err = bad
			continue
		}
		if code <= mostCode {
			e |= r[code]
		}
	}
	if bad := list.End(); bad != nil {
		err = bad
	}
	return e, err
}
