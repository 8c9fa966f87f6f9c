package sim

// tickRate says how many ticks there are a second, by time and step.
type tickRate struct {
	rate  int64 // ticks a second
	past  int64 // microseconds from the epoch until the rate is that
	thin  int64 // ticks a second until then
	steps int64 // of a session
	extra int64 // what the opening adds to the rate at its start, in 1e-6 of it
}

func newTickRate(cfg Config) tickRate {
	r := tickRate{
		rate:  int64(cfg.Rate),
		steps: cfg.Session.Microseconds() / step,
		extra: min(2e6, maxRate*1e6/int64(cfg.Rate)-1e6),
	}
	return r
}

// thinUntil makes the rate lower for a time from the epoch on, in microseconds, so that there are not more than [pastTicks] in it.
func (r *tickRate) thinUntil(past int64) {
	r.past, r.thin = past, r.rate
	if past > 0 {
		r.thin = min(r.rate, max(1, pastTicks*1_000_000/past))
	}
}

// rateAt is the rate at a time in microseconds from the epoch.
func (r *tickRate) rateAt(at int64) int64 {
	if at < r.past {
		return r.thin
	}
	return r.rate
}

// standsFor is how many trades one trade at a time stands for: more than one in the past, which is thin.
func (r *tickRate) standsFor(at int64) uint64 {
	if at < r.past {
		return uint64(r.rate / r.thin)
	}
	return 1
}

// share is the rate at a step of the session, in 1e-6 of the usual one: more in the first three seconds, and less in the rest
// of the first minute, which makes up for it.
func (r *tickRate) share(step int64) int64 {
	switch {
	case step < 30:
		return 1e6 + r.extra*(30-step)/30
	case step < 600:
		return 1e6 - r.extra*31/2/570
	}
	return 1e6
}
