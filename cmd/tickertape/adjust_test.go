package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/vendors/alpaca/alpacatest"
)

// splitVendor has two stocks whose price has fallen from 1000 to 101 since the session before. It knows that AAPL was split 10:1.
// It returns the configuration of who follows it.
func splitVendor(t *testing.T) (environ []string) {
	t.Helper()
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	us, _ := hours.Market("us")
	day := us.Rolled(time.Now()) // whatever the day and hour is
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location())
	alpaca := alpacatest.New(t)
	for _, symbol := range []string{"AAPL", "MSFT"} {
		alpaca.Snapshot(symbol, fmt.Sprintf(`{"dailyBar":{"t":%q,"o":100.5,"h":102,"l":99,"c":101,"v":1000,"n":20,"vw":100},`+
			`"prevDailyBar":{"t":%q,"o":1000,"h":1000,"l":1000,"c":1000,"v":1,"n":1,"vw":1000}}`,
			midnight.UTC().Format(time.RFC3339), midnight.AddDate(0, 0, -1).UTC().Format(time.RFC3339)))
	}
	date := day.Format(time.DateOnly)
	alpaca.Action("AAPL", "forward_splits", date, fmt.Sprintf(`{"symbol":"AAPL","new_rate":10,"old_rate":1,"ex_date":%q,"process_date":%[1]q}`, date))
	host := alpaca.Listen(t)
	return []string{"TICKERTAPE_FEED_SOURCE=alpaca", "TICKERTAPE_FEED_ALPACA_URL=ws://" + host, "TICKERTAPE_FEED_ALPACA_REST=http://" + host,
		"TICKERTAPE_FEED_ALPACA_SYMBOLS=AAPL,MSFT", "APCA_API_KEY_ID=" + alpacatest.Key, "APCA_API_SECRET_KEY=" + alpacatest.Secret}
}

// showsTheSplit waits until a server shows a change of 1 %, and not of -90 %, and one that nobody explains as in doubt.
func showsTheSplit(t *testing.T, where, url string) {
	t.Helper()
	eventually(t, where+" shows the split", func() error {
		_, body, err := fetch(url + "/api/quotes?symbols=AAPL,MSFT")
		if err != nil {
			return err
		}
		var answer struct {
			Quotes []struct {
				S, Adj, Why, St string
				P, PC           json.Number
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Quotes) != 2 {
			return fmt.Errorf("%v: %s", err, body)
		}
		split, unknown := answer.Quotes[0], answer.Quotes[1]
		if split.P != "101" || split.PC != "100" || split.Adj != "split 10:1" || split.Why != "" {
			return fmt.Errorf("AAPL: %s", body)
		}
		if unknown.P != "101" || unknown.PC != "1000" || unknown.Adj != "" || unknown.St == "" || unknown.Why != "in doubt" {
			return fmt.Errorf("MSFT: %s", body)
		}
		return nil
	})
}

// TestASplitShowsAtTheServerItsRelayAndItsRecordings has a 10:1 split from one end to the other.
func TestASplitShowsAtTheServerItsRelayAndItsRecordings(t *testing.T) {
	t.Parallel()
	s := launchBinary(t, splitVendor(t)...)
	showsTheSplit(t, "the server", s.url)
	relay := launchBinary(t, "TICKERTAPE_FEED_SOURCE=relay", "TICKERTAPE_FEED_RELAY_URL="+s.url)
	showsTheSplit(t, "a relay", relay.url)

	folder := t.TempDir()
	desk, ticks, raw := filepath.Join(folder, "desk.ndjson"), filepath.Join(folder, "ticks.ndjson"), filepath.Join(folder, "raw.ndjson")
	for _, args := range [][]string{{"--out", desk, "--url", s.url, "--symbols", "AAPL,MSFT"}, {"--out", ticks}, {"--raw", "--out", raw}} {
		cmd := exec.Command(binaryPath(t), append([]string{"record", "--for", "3s"}, args...)...)
		cmd.Dir, cmd.Env = folder, plainEnvironment(splitVendor(t)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for _, file := range []string{desk, ticks} {
		played := launchBinary(t, "TICKERTAPE_FEED_SOURCE=replay", "TICKERTAPE_FEED_REPLAY_FILE="+file)
		showsTheSplit(t, filepath.Base(file), played.url)
	}
	played := launchBinary(t, "TICKERTAPE_FEED_SOURCE=replay", "TICKERTAPE_FEED_REPLAY_FILE="+raw)
	eventually(t, "a raw recording shows the split", func() error {
		_, body, err := fetch(played.url + "/api/quotes?symbols=AAPL")
		for _, want := range []string{`"p":101,`, `"pc":100,`, `"adj":"split 10:1"`} {
			if err == nil && !strings.Contains(body, want) {
				err = fmt.Errorf("%s", body)
			}
		}
		return err
	})
}

// TestAPersonSaysWhatHappened starts the server again with what explains the move.
func TestAPersonSaysWhatHappened(t *testing.T) {
	t.Parallel()
	hours, _ := calendar.New(calendar.DefaultConfig())
	us, _ := hours.Market("us")
	date := us.Rolled(time.Now()).Format(time.DateOnly)
	const said = `TICKERTAPE_FEED_ADJUSTMENTS=[{symbol: MSFT, date: %q, split: "10:1"}, {symbol: AAPL, date: %[1]q, none: true}]`
	s := launchBinary(t, append(splitVendor(t), fmt.Sprintf(said, date))...)
	eventually(t, "both are explained", func() error {
		_, body, err := fetch(s.url + "/api/quotes?symbols=AAPL,MSFT&fields=p,pc,adj,why")
		_, quotes, _ := strings.Cut(body, `"quotes":`)
		if err == nil && (!strings.Contains(quotes, `"p":101,"pc":1000,`) || !strings.Contains(quotes, `"p":101,"pc":100,`) ||
			strings.Count(quotes, `"adj":"split 10:1"`) != 1 || strings.Contains(quotes, "doubt")) {
			err = fmt.Errorf("%s", body)
		}
		return err
	})
}
