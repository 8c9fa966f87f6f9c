package attack

import (
	"context"
	"slices"
)

// Attack is one way to hurt a server, and the server that it is tried on.
type Attack struct {
	Name string
	What string // one line, for the table

	Symbols int      // of the market; 0 is 500
	Past    bool     // the market has an hour of bars when it starts
	Environ []string // entries of the server's environment
	Tight   []string // more of them in the short form, whose attackers are too few for the usual budgets
	Files   int      // the server's descriptor limit; 0 is the usual one
	Proxy   bool     // the attackers come through nginx
	Narrow  bool     // the attackers have the smallest receive buffer, so that the server's side fills at once

	Short int // connections in the short form; 0 leaves it out there
	Long  int // connections in the long form

	// Absorbed is whether a server may bear it without a refusal: it is bounded by other means, or honest clients
	// do the same.
	Absorbed bool

	// run holds one connection after another until ctx ends or the server refuses. It returns why.
	run func(ctx context.Context, a *attacker) error
}

// Budgets that a few attackers exceed.
const (
	fewHandshakes = "TICKERTAPE_LIMITS_TOTAL_HANDSHAKES=20"
	fewRequests   = "TICKERTAPE_LIMITS_TOTAL_REQUESTS=25"
	fewPolls      = "TICKERTAPE_LIMITS_TOTAL_POLLS=100"
	littleWork    = "TICKERTAPE_LIMITS_TOTAL_WORK=20000"

	// The usual budget of a connection is enough for one whom a busy machine holds up.
	littleWorkEach = "TICKERTAPE_LIMITS_CONNECTION_WORK=1000"
)

// All are the attacks, in the order of the table.
func All() []Attack {
	return slices.Concat(listBombs(), slowReaders(), silences(), unfinished(), controlFloods(), watchChurn(), floods(), hoards(), requests())
}

// named finds an attack; honest subscribers in masses are one as well, to compare with.
func named(name string) (Attack, bool) {
	all := append(All(), Attack{Name: Peaceful, run: subscribed("/ws?symbols=%23leaders")})
	i := slices.IndexFunc(all, func(a Attack) bool { return a.Name == name })
	if i < 0 {
		return Attack{}, false
	}
	return all[i], true
}

// Peaceful names what is no attack: as many connections of honest clients, who follow a list and read it.
const Peaceful = "peaceful"
