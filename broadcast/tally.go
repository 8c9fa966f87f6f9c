package broadcast

// tally counts what a shard has written until it is reported: a counter that all shards share
// costs more than the count.
type tally struct {
	messages, bytes  [len(transports)]int
	writes           [LongPoll]int // of streams
	merged, catchUps int
	stalls           int
}

func (t *tally) sent(transport Transport, bytes int) {
	t.messages[transport]++
	t.bytes[transport] += bytes
}

func (t *tally) report(m *metrics) {
	for i := range transports {
		if t.messages[i] > 0 {
			m.messages[i].Add(float64(t.messages[i]))
			m.bytes[i].Add(float64(t.bytes[i]))
		}
	}
	for i, n := range t.writes {
		if n > 0 {
			m.writes[i].Add(float64(n))
		}
	}
	if t.merged > 0 {
		m.merged.Add(float64(t.merged))
	}
	if t.catchUps > 0 {
		m.catchUps.Add(float64(t.catchUps))
	}
	if t.stalls > 0 {
		m.stalls.Add(float64(t.stalls))
	}
	*t = tally{}
}
