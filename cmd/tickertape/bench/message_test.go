package bench

import (
	"slices"
	"testing"
	"time"
)

const twoQuotes = `{"s":"AAPL","p":189.31,"bz":100,"t":1700000000000002},{"s":"{MSFT}","p":1,"t":1700000000000003,"st":"halted"}`

func TestAGlanceFindsWhatIsMeasured(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		want    glance
		quotes  int
		times   []int64
	}{
		"update": {`{"type":"update","seq":813,"time":1700000000000009,"quotes":[` + twoQuotes + `]}`,
			glance{kind: update, time: 1700000000000009}, 2, []int64{1700000000000002, 1700000000000003}},
		"part of a snapshot": {`{"type":"snapshot","seq":813,"time":5,"resumed":true,"quotes":[` + twoQuotes + `],"more":true}`,
			glance{kind: snapshot, time: 5, more: true, resumed: true}, 2, []int64{1700000000000002, 1700000000000003}},
		"bars": {`{"type":"bars","seq":8,"time":5,"symbol":"A","interval":"1m","reset":true,"bars":[{"t":1}]}`,
			glance{kind: series, time: 5, reset: true}, 0, nil},
		"part of trades": {`{"type":"trades","seq":8,"time":5,"symbol":"A","skipped":0,"trades":[{"i":1,"t":2}],"more":true}`,
			glance{kind: series, time: 5, more: true}, 0, nil},
		"another order":   {`{"seq":813,"time":5,"type":"update","quotes":[{"s":"AAPL","p":null}]}`, glance{kind: update, time: 5}, 1, nil},
		"empty snapshot":  {`{"type":"snapshot","seq":0,"time":5,"quotes":[]}`, glance{kind: snapshot, time: 5}, 0, nil},
		"hello":           {`{"type":"hello","protocol":1,"epoch":"e1","time":7}`, glance{kind: hello, time: 7}, 0, nil},
		"rate":            {`{"type":"rate","rate":1.5,"asked":10,"reason":"slow_consumer"}`, glance{kind: rate}, 0, nil},
		"error":           {`{"type":"error","code":"bad_rate","message":"the \"rate\""}`, glance{kind: failure}, 0, nil},
		"a type to come":  {`{"type":"trade","time":7}`, glance{kind: other, time: 7}, 0, nil},
		"no message":      {`[1,2]`, glance{kind: other}, 0, nil},
		"nothing":         {``, glance{kind: other}, 0, nil},
		"a cut-off time":  {`{"type":"update","time":`, glance{kind: update}, 0, nil},
		"a cut-off quote": {`{"type":"update","time":5,"quotes":[{"s":"A","t":`, glance{kind: update, time: 5}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := look([]byte(test.message))
			if got.kind != test.want.kind || got.time != test.want.time || got.more != test.want.more || got.resumed != test.want.resumed ||
				got.reset != test.want.reset {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if n := got.count(); n != test.quotes {
				t.Errorf("%d quotes, want %d", n, test.quotes)
			}
			if times := slices.Collect(got.times()); !slices.Equal(times, test.times) {
				t.Errorf("times %d, want %d", times, test.times)
			}
		})
	}
}

func FuzzAGlanceTakesAnything(f *testing.F) {
	f.Add([]byte(`{"type":"update","seq":813,"time":1700000000000009,"quotes":[` + twoQuotes + `],"more":true}`))
	f.Add([]byte(`"quotes":[{`))
	f.Add([]byte(`"type":"\`))
	f.Fuzz(func(t *testing.T, message []byte) {
		g := look(message)
		quotes, times := g.count(), 0
		for range g.times() {
			times++
		}
		if quotes > len(message)/4 || times > len(message) {
			t.Errorf("%d quotes and %d times in %d bytes", quotes, times, len(message))
		}
	})
}

func TestCountingAMessageAllocatesNothing(t *testing.T) {
	message := []byte(`{"type":"update","seq":813,"time":1700000000000009,"quotes":[` + twoQuotes + `]}`)
	all := newTallies()
	now := time.UnixMicro(1700000000000100)
	if got := testing.AllocsPerRun(100, func() {
		tl := all.take(0)
		tl.note(look(message), prompt, now, true)
		tl.mu.Unlock()
	}); got != 0 {
		t.Errorf("%v allocations a message, want none", got)
	}
}
