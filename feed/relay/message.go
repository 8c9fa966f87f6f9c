package relay

import "tickertape/feed/vendors"

// message is one of the server's, of any type; unknown types and keys are ignored.
type message struct {
	kind, epoch, code, rate, reason        vendors.Value
	seq, more, resumed, unknown, heartbeat vendors.Value
	quotes, id, symbols, awaits            vendors.Value
	statusKeys
}

// statusKeys are those of a message, or of an entry of a list, that say how a source is.
type statusKeys struct {
	source, status, since, text       vendors.Value
	simulated, replayed, delay, quiet vendors.Value
	sources                           vendors.Value
}

// read decodes the message's keys.
func (m *message) read(scan *vendors.Scanner, text []byte) error {
	*m = message{}
	scan.Reset(text)
	for scan.Object(); scan.More(); {
		var v *vendors.Value
		switch string(scan.Key()) {
		case "type":
			v = &m.kind
		case "epoch":
			v = &m.epoch
		case "source":
			v = &m.source
		case "status":
			v = &m.status
		case "message":
			v = &m.text
		case "code":
			v = &m.code
		case "rate":
			v = &m.rate
		case "reason":
			v = &m.reason
		case "simulated":
			v = &m.simulated
		case "since":
			v = &m.since
		case "replayed":
			v = &m.replayed
		case "delayed_ms":
			v = &m.delay
		case "quiet":
			v = &m.quiet
		case "heartbeat_ms":
			v = &m.heartbeat
		case "seq":
			v = &m.seq
		case "more":
			v = &m.more
		case "resumed":
			v = &m.resumed
		case "unknown":
			v = &m.unknown
		case "awaits":
			v = &m.awaits
		case "sources":
			v = &m.sources
		case "quotes":
			v = &m.quotes
		case "id":
			v = &m.id
		case "symbols":
			v = &m.symbols
		default:
			scan.Skip()
			continue
		}
		*v = scan.Value()
	}
	return scan.End()
}
