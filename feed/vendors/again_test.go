package vendors

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatWasRefusedIsAskedForAtGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a Again[string]
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		var asked []time.Duration
		var after time.Duration
		a.Add("x")
		a.Add("x")
		go a.Run(ctx, func(context.Context, string) (bool, error) {
			asked = append(asked, time.Since(began)-after)
			after = time.Since(began)
			return len(asked) == 7, nil
		})
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		for i, want := range []time.Duration{1, 2, 4, 8, 15, 15, 15} {
			if most := want * time.Minute; i >= len(asked) || asked[i] > most+1 || asked[i] < most*3/4 {
				t.Fatalf("pauses %v, want the one at %d to be up to %v", asked, i, most)
			}
		}
		if len(asked) != 7 || a.Waiting() != 0 {
			t.Errorf("asked %d times, %d waiting: what is accepted is not asked for again", len(asked), a.Waiting())
		}
		a.Add("y") // it runs on
		time.Sleep(leastAgain + 1)
		synctest.Wait()
		if len(asked) != 8 {
			t.Errorf("asked %d times: what is refused later is not asked for", len(asked))
		}
		cancel()
	})
}

func TestManyRefusalsCostLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a Again[int]
		for i := range 1000 {
			a.Add(i)
		}
		ctx, cancel := context.WithCancel(t.Context())
		asked := map[int]int{}
		questions := 0
		go a.Run(ctx, func(_ context.Context, i int) (bool, error) {
			asked[i]++
			questions++
			return false, nil
		})
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if most := int(3 * time.Hour / againEvery); questions > most || questions < most*9/10 {
			t.Errorf("%d questions in three hours, want about %d", questions, most)
		}
		if len(asked) != 1000 {
			t.Errorf("only %d were asked for", len(asked))
		}
		cancel()
	})
}

func TestAskingAgainEndsWithItsErrorAndItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a Again[int]
		a.Add(1)
		gone := errors.New("gone")
		if err := a.Run(t.Context(), func(context.Context, int) (bool, error) { return false, gone }); err != gone {
			t.Errorf("error %v, want %v", err, gone)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(gone)
		if err := a.Run(ctx, func(context.Context, int) (bool, error) { return true, nil }); err != gone {
			t.Errorf("error %v, want %v", err, gone)
		}
	})
}

func TestWhatIsHurriedIsAskedForAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a Again[string]
		a.Hurry("x") // nobody has refused it
		a.Add("x")
		a.Add("y")
		ctx, cancel := context.WithCancel(t.Context())
		asked := ""
		go a.Run(ctx, func(_ context.Context, thing string) (bool, error) {
			asked += thing
			return false, nil
		})
		time.Sleep(20 * time.Second)
		a.Hurry("y")
		time.Sleep(time.Second)
		synctest.Wait()
		if asked != "y" {
			t.Errorf("asked for %q", asked)
		}
		for range 100 {
			a.Hurry("y")
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if asked != "yyy" {
			t.Errorf("asked for %q: hurry has its bound, too", asked)
		}
		cancel()
	})
}
