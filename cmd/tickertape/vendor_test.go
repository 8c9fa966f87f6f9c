package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"tickertape/feed/vendors/alpaca/alpacatest"
)

// market is an exchange that says one thing that makes no sense and then trades one BTC-USD at 50000 each 100
// ms. It returns the configuration of who follows it.
func vendorServer(t *testing.T) (environ []string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			http.NotFound(w, r)
			return
		}
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer conn.Close()
		go func() {
			defer conn.Close()
			for {
				if _, err := wsutil.ReadClientText(conn); err != nil {
					return
				}
			}
		}()
		err = wsutil.WriteServerText(conn, []byte("{"))
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for id := 1; err == nil; id++ {
			err = wsutil.WriteServerText(conn, fmt.Appendf(nil,
				`{"type":"match","product_id":"BTC-USD","trade_id":%d,"price":"50000","size":"0.1","time":%q}`,
				id, time.Now().UTC().Format(time.RFC3339Nano)))
			<-tick.C
		}
	}))
	t.Cleanup(server.Close)
	return []string{"TICKERTAPE_FEED_SOURCE=coinbase", "TICKERTAPE_FEED_COINBASE_API=exchange",
		"TICKERTAPE_FEED_COINBASE_URL=" + strings.Replace(server.URL, "http", "ws", 1), "TICKERTAPE_FEED_COINBASE_REST=" + server.URL}
}

// TestMarketThatCannotBeReachedIsNamedAndTriedAgain starts a feed without a network: the program runs, says
// what it cannot reach, and goes on trying.
func TestMarketThatCannotBeReachedIsNamedAndTriedAgain(t *testing.T) {
	t.Parallel()
	addr := freeAddress(t)
	s := launchBinary(t, "TICKERTAPE_FEED_SOURCE=coinbase", "TICKERTAPE_FEED_COINBASE_URL=ws://"+addr,
		"TICKERTAPE_FEED_COINBASE_REST=http://"+addr)
	e := openEvents(t, s.url+"/events?symbols=BTC-USD")
	hello := e.until(t, "hello")
	for _, want := range []string{`"source":"coinbase"`, `"simulated":false`, `"status":"down"`} {
		if !strings.Contains(hello.data, want) {
			t.Errorf("hello %s has no %s", hello.data, want)
		}
	}
	for !strings.Contains(hello.data, `"message":"the connection is lost"`) && !t.Failed() {
		hello = e.until(t, "status")
	}
	if port := addr[strings.LastIndexByte(addr, ':'):]; strings.Contains(hello.data, port) {
		t.Errorf("subscribers are told an address: %s", hello.data)
	}
	// It is logged after the status is told.
	eventually(t, "logged with what cannot be reached", func() error {
		if !strings.Contains(s.logged(), "dial ws://"+addr) {
			return errors.New("it is not")
		}
		return nil
	})
	eventually(t, "tried again", func() error {
		_, body, err := fetch(s.url + "/metrics")
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(body, `tickertape_feed_breaks_total{cause="lost",source="coinbase"} `)
		count, _, _ := strings.Cut(rest, "\n")
		if n, err := strconv.Atoi(count); err != nil || n < 3 {
			return fmt.Errorf("%q attempts", count)
		}
		return nil
	})
	if status, body, err := fetch(s.url + "/readyz"); err != nil || status != 503 || !strings.Contains(body, "no quote yet") {
		t.Errorf("/readyz says %d %s %v", status, body, err)
	}
}

// TestKeyOpensTheMarketAndShowsNowhere has prices from one end to the other, with a key that is good and one
// that is not any more, and looks for it in all that the program says.
func TestKeyOpensTheMarketAndShowsNowhere(t *testing.T) {
	t.Parallel()
	alpaca := alpacatest.New(t)
	host := alpaca.Listen(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(alpacatest.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"TICKERTAPE_FEED_SOURCE=alpaca", "TICKERTAPE_FEED_ALPACA_URL=ws://" + host,
		"TICKERTAPE_FEED_ALPACA_REST=http://" + host,
		"TICKERTAPE_FEED_ALPACA_SYMBOLS=BTC/USD", "TICKERTAPE_FEED_ALPACA_SECRET_FILE=" + secret, "APCA_API_KEY_ID=" + alpacatest.Key,
		"TICKERTAPE_LOG_LEVEL=debug"}
	s := launchBinary(t, environ...)
	eventually(t, "told of a trade", func() error {
		alpaca.Trade("BTC/USD", "61234.5", time.Now())
		_, body, err := fetch(s.url + "/api/quotes?symbols=BTC/USD")
		if err == nil && (!strings.Contains(body, `"p":61234.5`) || strings.Contains(body, `"st"`)) {
			err = fmt.Errorf("%s", body)
		}
		return err
	})
	e := openEvents(t, s.url+"/events?symbols=BTC/USD")
	said := e.until(t, "snapshot").data
	alpaca.Fail(&alpacatest.Error{Code: 402, Text: "auth failed for " + alpacatest.Key + ":" + alpacatest.Secret})
	alpaca.Break(alpacatest.Error{Code: 500, Text: "internal error"})
	for !strings.Contains(said, "the source refuses the connection for good") && !t.Failed() {
		said += e.until(t, "status").data
	}
	eventually(t, "logged with the reason", func() error {
		if !strings.Contains(s.logged(), "auth failed") {
			return errors.New("it is not")
		}
		return nil
	})
	_, metrics, err := fetch(s.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	printed := exec.Command(binaryPath(t), "config", "print")
	printed.Dir, printed.Env = t.TempDir(), plainEnvironment(environ...)
	config, err := printed.CombinedOutput()
	if err != nil {
		t.Errorf("config print: %v", err)
	}
	for where, text := range map[string]string{"the stream": said, "the log": s.logged(), "the metrics": metrics,
		"config print": string(config)} {
		if strings.Contains(text, alpacatest.Key) || strings.Contains(text, alpacatest.Secret) {
			t.Errorf("%s shows a key:\n%s", where, text)
		}
	}
	if !strings.Contains(string(config), secret) {
		t.Error("config print does not show where the secret is")
	}
}

func TestMarketWithoutItsKeySaysWhereItIsWanted(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"alpaca":  `feed.alpaca.key_file: "" names no file, and APCA_API_KEY_ID is not set: a key is needed`,
		"finnhub": `feed.finnhub.key_file: "" names no file, and FINNHUB_API_KEY is not set: a key is needed`,
		"massive": `feed.massive.key_file: "" names no file, and MASSIVE_API_KEY or POLYGON_API_KEY is not set: a key is needed`,
	} {
		cmd := exec.Command(binaryPath(t), "serve", "--feed", source, "--listen", "127.0.0.1:0")
		cmd.Dir, cmd.Env = t.TempDir(), plainEnvironment("APCA_API_KEY_ID=", "FINNHUB_API_KEY=", "MASSIVE_API_KEY=", "POLYGON_API_KEY=")
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: %v, %s; want %s", source, err, out, want)
		}
	}
}
