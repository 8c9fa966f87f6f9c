package kraken

import "tickertape/feed/vendors"

// message is the members of a message that are of use here.
type message struct {
	channel, kind, data                      vendors.Value // of a channel: channel, type, data
	method, result, success, failure, symbol vendors.Value // of an answer
	request, sent                            vendors.Value // req_id, time_out
}

// read decodes one message. What is wrong with it stays with the scanner.
func (m *message) read(s *vendors.Scanner) {
	*m = message{}
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "channel":
			m.channel = s.Value()
		case "type":
			m.kind = s.Value()
		case "data":
			m.data = s.Value()
		case "method":
			m.method = s.Value()
		case "result":
			m.result = s.Value()
		case "success":
			m.success = s.Value()
		case "error", "Error": // the latter where there were too many messages
			m.failure = s.Value()
		case "symbol":
			m.symbol = s.Value()
		case "req_id":
			m.request = s.Value()
		case "time_out":
			m.sent = s.Value()
		default:
			s.Skip()
		}
	}
}

// fields are the members of an object in a message's data that are of use here.
type fields struct {
	symbol, time               vendors.Value
	price, size, trade         vendors.Value // of a trade
	bid, bidSize, ask, askSize vendors.Value // of a ticker
	last, change, high, low    vendors.Value // of the last 24 hours
	volume, vwap               vendors.Value
	system, status, precision  vendors.Value // of the exchange and of a pair
}

// read decodes one object. What is wrong with it stays with the scanner.
func (f *fields) read(s *vendors.Scanner) {
	*f = fields{}
	for s.Object(); s.More(); { // as [vendors.Scanner.Fields], without a call through a function value
		if to := f.member(s.Key()); to != nil {
			*to = s.Value()
		} else {
			s.Skip()
		}
	}
}

// member is where a member's value goes; nil: it is of no use.
func (f *fields) member(key []byte) *vendors.Value {
	switch string(key) {
	case "symbol":
		return &f.symbol
	case "timestamp":
		return &f.time
	case "price":
		return &f.price
	case "qty":
		return &f.size
	case "trade_id":
		return &f.trade
	case "bid":
		return &f.bid
	case "bid_qty":
		return &f.bidSize
	case "ask":
		return &f.ask
	case "ask_qty":
		return &f.askSize
	case "last":
		return &f.last
	case "change":
		return &f.change
	case "high":
		return &f.high
	case "low":
		return &f.low
	case "volume":
		return &f.volume
	case "vwap":
		return &f.vwap
	case "system":
		return &f.system
	case "status":
		return &f.status
	case "price_precision":
		return &f.precision
	}
	return nil
}
