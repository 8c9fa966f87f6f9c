package binance

import "tickertape/feed/vendors"

// message is the members of a message that are of use here. The vendor's names have one letter, and what a
// letter means depends on the event.
type message struct {
	event, symbol, at, number, price, size vendors.Value // e s T t p q; q is a turnover, too
	update, bid, bidSize, ask, askSize     vendors.Value // u b B a A
	last, open, high, low, volume          vendors.Value // c o h l v
	list                                   vendors.Value // data, where it is a list
	id, result, code, text, failure        vendors.Value // of an answer
	hasList, hasAnswer                     bool
}

// read decodes one message, in its envelope (stream, data) or without. What is wrong with it stays with the
// scanner.
func (m *message) read(s *vendors.Scanner, envelope bool) {
	for s.Object(); s.More(); {
		key := s.Key()
		if len(key) == 1 {
			if at := m.letter(key[0]); at != nil {
				*at = s.Value()
			} else {
				s.Skip()
			}
			continue
		}
		switch string(key) {
		case "data":
			switch {
			case envelope && s.Kind() == '{':
				m.read(s, false)
			case envelope && s.Kind() == '[':
				m.list, m.hasList = s.Value(), true
			default:
				s.Skip()
			}
		case "id":
			m.id = s.Value()
		case "result":
			m.result, m.hasAnswer = s.Value(), true
		case "error":
			m.failure, m.hasAnswer = s.Value(), true
		case "code":
			m.code, m.hasAnswer = s.Value(), true
		case "msg":
			m.text = s.Value()
		default:
			s.Skip()
		}
	}
}

// letter is where a member's value goes; nil: it is of no use.
func (m *message) letter(key byte) *vendors.Value {
	switch key {
	case 'e':
		return &m.event
	case 's':
		return &m.symbol
	case 'T':
		return &m.at
	case 't':
		return &m.number
	case 'p':
		return &m.price
	case 'q':
		return &m.size
	case 'u':
		return &m.update
	case 'b':
		return &m.bid
	case 'B':
		return &m.bidSize
	case 'a':
		return &m.ask
	case 'A':
		return &m.askSize
	case 'c':
		return &m.last
	case 'o':
		return &m.open
	case 'h':
		return &m.high
	case 'l':
		return &m.low
	case 'v':
		return &m.volume
	}
	return nil
}
