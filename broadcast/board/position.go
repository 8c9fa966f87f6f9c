package board

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"

	"tickertape/broadcast/history"
)

// Seq numbers the flushes of one run of the server: it grows by one with each record whose commit publishes
// anything. 0 is before the first.
type Seq = history.Seq

// Position is the flush up to which a subscriber has everything, written EPOCH-SEQ. The epoch names the run of the
// server that the seq belongs to.
type Position struct {
	Epoch string
	Seq   Seq
}

func (p Position) String() string {
	return p.Epoch + "-" + strconv.FormatUint(uint64(p.Seq), 10)
}

// ParsePosition reads EPOCH-SEQ, where the epoch is 1 to 64 letters and digits.
func ParsePosition(s string) (Position, error) {
	epoch, number, found := strings.Cut(s, "-")
	if !found || epoch == "" || len(epoch) > 64 || strings.ContainsFunc(epoch, notAlphanumeric) {
		return Position{}, fmt.Errorf("position %.100q is not EPOCH-SEQ", s)
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil || number != strconv.FormatUint(seq, 10) {
		return Position{}, fmt.Errorf("position %.100q is not EPOCH-SEQ with a whole number", s)
	}
	return Position{Epoch: epoch, Seq: Seq(seq)}, nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func newEpoch() string { return strings.ToLower(rand.Text()[:10]) }
