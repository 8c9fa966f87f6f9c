package attack

import (
	"context"
	"slices"
)

// Attack is a way to attack a server, and the settings of the server that is attacked.
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

	// Absorbed is whether the server may bear the attack without a refusal, since it is bounded by other means or honest
	// clients do the same.
	Absorbed bool

	// run attacks on one connection after another until ctx ends or the server refuses, and returns the reason.
	run func(ctx context.Context, a *attacker) error
}

// Budgets that a few attackers exceed.
const (
	fewHandshakes = "TICKERTAPE_LIMITS_TOTAL_HANDSHAKES=20"
	fewRequests   = "TICKERTAPE_LIMITS_TOTAL_REQUESTS=25"
	fewPolls      = "TICKERTAPE_LIMITS_TOTAL_POLLS=100"
	littleWork    = "TICKERTAPE_LIMITS_TOTAL_WORK=20000"

	// A client that a busy machine delays stays within the usual budget of a connection.
	littleWorkEach = "TICKERTAPE_LIMITS_CONNECTION_WORK=1000"
)

// All are the attacks, in the order of the table.
func All() []Attack {
	return slices.Concat(listBombs(), slowReaders(), silences(), unfinished(), controlFloods(), watchChurn(), floods(), hoards(), requests())
}

// named finds an attack. Peaceful is one of them.
func named(name string) (Attack, bool) {
	all := append(All(), Attack{Name: Peaceful, run: subscribed("/ws?symbols=%23leaders")})
	i := slices.IndexFunc(all, func(a Attack) bool { return a.Name == name })
	if i < 0 {
		return Attack{}, false
	}
	return all[i], true
}

// Peaceful names what the attacks are compared with: as many connections of honest clients, who follow a list and read it.
const Peaceful = "peaceful"
