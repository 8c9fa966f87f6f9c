package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

// opening is the default market at its first opening.
func opening() Config {
	cfg := DefaultConfig()
	cfg.Past = 0
	return cfg
}

func TestPastIsPublishedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		began := market.TimeOf(time.Now())
		var before, after int
		var volume [2]market.Quantity // of an hour, and of ten seconds
		last := market.Time(0)
		state := market.Down
		stop := run(t, cfg, func(b market.Batch) {
			if b.Status != nil {
				state = b.Status.State
			}
			for i := range b.Ticks {
				k := &b.Ticks[i]
				if (state == market.Live) != (k.Time >= began) {
					t.Fatalf("a tick at %v while the market is %v", k.Time-began, state)
				}
				if k.Time < last {
					t.Fatalf("tick at %v after one at %v", k.Time, last)
				}
				last = k.Time
				part := 0
				if k.Time < began {
					before++
					if now := market.TimeOf(time.Now()); now != began || k.Received != now {
						t.Fatalf("a tick of the past at %v, received %v", now-began, k.Received-began)
					}
				} else {
					after++
					part = 1
				}
				if k.Kind == market.KindTrade {
					volume[part], _ = volume[part].Add(k.Size)
				}
			}
		})
		time.Sleep(10 * time.Second)
		stop()
		if before < pastTicks*8/10 || before > pastTicks*12/10 {
			t.Errorf("%d ticks of the past, want some %d", before, pastTicks)
		}
		if want := 10 * cfg.Rate; after < want*9/10 || after > want*11/10 {
			t.Errorf("%d ticks in ten seconds, want some %d", after, want)
		}
		if hour := volume[1].Scaled(360); volume[0].Compare(hour.Scaled(2)) > 0 || volume[0].Scaled(2).Compare(hour) < 0 {
			t.Errorf("volume %v in the past hour, %v an hour after it", volume[0], hour)
		}
	})
}

func TestTicksAreNotLateAfterAPastThatTookLongToPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := market.Down
		ticks := 0
		stop := run(t, DefaultConfig(), func(b market.Batch) {
			if b.Status != nil {
				state = b.Status.State
			}
			if state != market.Live {
				time.Sleep(10 * time.Millisecond) // 0.7 s in all
				return
			}
			for i := range b.Ticks {
				ticks++
				if age := market.TimeOf(time.Now()) - b.Ticks[i].Time; age < 0 || age > market.Time((100*time.Millisecond).Microseconds()) {
					t.Fatalf("a tick %d µs after its time", age)
				}
			}
		})
		time.Sleep(10 * time.Second)
		stop()
		if ticks == 0 {
			t.Error("no tick after the past")
		}
	})
}

func TestPastIsShorterForManySymbols(t *testing.T) {
	now := time.Date(2026, 8, 24, 15, 0, 0, 0, time.UTC)
	for symbols, want := range map[int]time.Duration{1: time.Hour, 500: time.Hour, 5000: 400 * time.Second, 10_000: 200 * time.Second} {
		cfg := DefaultConfig()
		cfg.Symbols = symbols
		first, err := cfg.firstSession(now)
		if err != nil {
			t.Fatal(err)
		}
		m := testMarket(t, cfg)
		m.open(first)
		if got := time.Duration(first.past) * time.Microsecond; got != want || m.ticks.thin < 1 || m.ticks.thin > m.ticks.rate {
			t.Errorf("%d symbols: %v at %d ticks a second, want %v", symbols, got, m.ticks.thin, want)
		}
	}
}

func TestFirstSessionsEndOnBoundaries(t *testing.T) {
	now := time.Date(2026, 8, 24, 10, 17, 23, 456_789_000, time.UTC)
	at := func(text string) market.Time {
		d, err := time.Parse(time.TimeOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return market.TimeOf(time.Date(2026, 8, 24, d.Hour(), d.Minute(), d.Second(), d.Nanosecond(), time.UTC))
	}
	for name, c := range map[string]struct {
		session, past time.Duration
		start         string
		want          firstSession
	}{
		"default": {6*time.Hour + 30*time.Minute, time.Hour, "", firstSession{at("09:00:00"), at("09:17:23.4"), 3_600_056_789}},
		"no past": {6*time.Hour + 30*time.Minute, 0, "", firstSession{at("10:00:00"), at("10:17:23.4"), 0}},
		"hours":   {2 * time.Hour, 90 * time.Minute, "", firstSession{at("09:00:00"), at("09:00:00"), 4643_456_789}},
		// of the two sessions that the past would be in, the older one is over
		"past that reaches into the session before": {time.Hour, time.Hour, "", firstSession{at("10:00:00"), at("10:00:00"), 1043_456_789}},
		"past as long as the session": {90 * time.Second, time.Hour, "",
			firstSession{at("10:16:30"), at("10:16:30"), 53_456_789}},
		"start":                {6*time.Hour + 30*time.Minute, 0, "09:30:00", firstSession{at("09:30:00"), at("09:30:00"), 0}},
		"start with past":      {6*time.Hour + 30*time.Minute, time.Hour, "09:30:00", firstSession{at("09:30:00"), at("09:30:00"), 3600_000_000}},
		"start off a boundary": {time.Hour, time.Hour, "09:30:00.55", firstSession{at("09:00:00"), at("09:30:00.5"), 1799_500_000}},
	} {
		cfg := DefaultConfig()
		cfg.Symbols, cfg.Session, cfg.Past = 10, c.session, c.past
		if c.start != "" {
			cfg.Start = "2026-08-24T" + c.start + "Z"
		}
		got, err := cfg.firstSession(now)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}
