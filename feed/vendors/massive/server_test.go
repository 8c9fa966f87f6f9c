package massive

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/feed/vendors/vendortest"
)

const (
	key   = "m4ss1veCANARYkey"
	other = "an0therCANARYkey"
)

// vendor is Massive as it is documented: the login, one connection a key, an answer to each subscription, and REST.
type vendor struct {
	*vendortest.Server
	t *testing.T

	mu      sync.Mutex
	in      map[*vendortest.Socket]bool // guarded by mu: those who have logged in
	taken   bool                        // guarded by mu: another program uses the key
	mute    bool                        // guarded by mu: logins are not answered
	revoked bool                        // guarded by mu: the key is not good any more
	delayed bool                        // guarded by mu: the plan has delayed data only
	number  int                         // guarded by mu: q of the newest message
	quotes  bool                        // guarded by mu: the plan has quotes
	trades  bool                        // guarded by mu: and trades
	answers                             // guarded by mu
	status  int                         // guarded by mu: of answers over REST; 0: good
	failing string                      // guarded by mu: the path that is answered with 500
	asked   []time.Time                 // guarded by mu: requests over REST
}

// answers are what REST has.
type answers struct {
	snapshots map[string]string    // by symbol; of others there are those of their sessions
	days      map[string]string    // the newest whole day, by symbol; of others that of their sessions
	sessions  map[string][]session // oldest first, by symbol
	late      time.Duration        // the plan's data are as late
	absent    bool                 // before the first trade of a day there is no snapshot
	malformed string               // a symbol that is answered with 400, whatever stands beside it
	gone      string               // a symbol whose days are answered with 404
	rules     string               // what is answered about conditions
	actions   map[string][]string  // splits and dividends, by path
	endless   bool                 // pages of these have no end
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{t: t, in: map[*vendortest.Socket]bool{}, quotes: true, trades: true, answers: answers{snapshots: map[string]string{},
		days: map[string]string{}, sessions: map[string][]session{}, rules: `{"results":[]}`}}
	v.Server = vendortest.NewServer(t, v.serve, http.HandlerFunc(v.rest))
	return v
}

const authTime = 10 * time.Second

// serve has one connection.
func (v *vendor) serve(s *vendortest.Socket) {
	if s.Request.URL.Path != "/stocks" || s.Request.URL.RawQuery != "" {
		v.t.Errorf("dialled %s", s.Request.URL)
	}
	status(s, "connected", "Connected Successfully")
	idle := time.AfterFunc(authTime, func() {
		status(s, "auth_timeout", "No authentication request received.")
		s.Close(1008, "")
	})
	defer idle.Stop()
	defer func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.in, s)
	}()
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		var m struct{ Action, Params string }
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			status(s, "error", "invalid json")
			continue
		}
		switch m.Action {
		case "auth":
			idle.Stop()
			if !v.login(s, m.Params) {
				return
			}
		case "subscribe":
			v.subscribe(s, strings.Split(m.Params, ","))
		default:
			status(s, "error", "unknown action")
		}
	}
}

func status(s *vendortest.Socket, word, message string) error {
	return s.Send(fmt.Sprintf(`[{"ev":"status","status":%q,"message":%q}]`, word, message))
}

// login lets in who has the key. A second connection is let in, too, told what it did, and cut off.
func (v *vendor) login(s *vendortest.Socket, with string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.mute:
		return true
	case with != key || v.revoked:
		status(s, "auth_failed", "authentication failed for "+with)
		go s.Close(1008, "")
		return true
	case v.delayed && !strings.HasPrefix(s.Request.Host, "delayed."):
		status(s, "auth_failed", "Your plan doesn't include websocket access. Visit https://massive.com/pricing to upgrade.")
		go s.Close(1008, "")
		return true
	}
	status(s, "auth_success", "authenticated")
	if v.taken || len(v.in) > 0 {
		status(s, "max_connections", "Maximum number of websocket connections exceeded.")
		go s.Close(1008, "")
		return true
	}
	v.in[s] = true
	return true
}

func (v *vendor) subscribe(s *vendortest.Socket, channels []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.in[s] {
		status(s, "error", "not authorized")
		return
	}
	var answers []string
	for _, c := range channels {
		if !v.trades || strings.HasPrefix(c, "Q.") && !v.quotes {
			answers = append(answers, fmt.Sprintf(`{"ev":"status","status":"error","message":"not authorized: %s"}`, c))
			continue
		}
		s.Follow(c)
		answers = append(answers, fmt.Sprintf(`{"ev":"status","status":"success","message":"subscribed to: %s"}`, c))
	}
	s.Send("[" + strings.Join(answers, ",") + "]")
}

// tell sends a message to all who have subscribed to a channel.
func (v *vendor) tell(channel, message string) {
	v.Tell(channel, "["+message+"]")
}

// trade has one share traded. Numbers leave out some.
func (v *vendor) trade(symbol, price string, at time.Time) {
	v.mu.Lock()
	v.number += 7
	n := v.number
	v.mu.Unlock()
	v.tell("T."+symbol, fmt.Sprintf(`{"ev":"T","sym":%q,"x":4,"i":"%d","z":3,"p":%s,"s":1,"ds":"1.0","t":%d,"q":%d}`, symbol, n, price,
		at.UnixMilli(), n))
}

// set changes what the vendor does.
func (v *vendor) set(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
}

func (v *vendor) rest(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, time.Now())
	if got := r.Header.Get("Authorization"); got != "Bearer "+key {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"status":"ERROR","error":"Unknown API Key %s"}`, got)
		return
	}
	if v.status != 0 {
		w.WriteHeader(v.status)
		fmt.Fprintf(w, `{"status":"NOT_AUTHORIZED","message":"not with %s"}`, key)
		return
	}
	if r.URL.Path == v.failing {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	switch r.URL.Path {
	case pathConditions:
		fmt.Fprint(w, v.rules)
	case pathSplits, pathDividends:
		v.someActions(w, r)
	case pathSnapshots:
		var all []string
		for _, s := range strings.Split(r.URL.Query().Get("tickers"), ",") {
			if s == v.malformed {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"status":"ERROR","error":"tickers: could not parse"}`)
				return
			}
			if text := v.snapshots[s]; text != "" {
				all = append(all, text)
			} else if text, traded := snapshotOf(s, v.sessions[s], time.Now().Add(-v.late)); traded || len(v.sessions[s]) > 0 && !v.absent {
				all = append(all, text)
			}
		}
		fmt.Fprintf(w, `{"count":%d,"status":"OK","tickers":[%s]}`, len(all), strings.Join(all, ","))
	default:
		v.someDays(w, r)
	}
}

// someActions answers with a page of two splits or dividends.
func (v *vendor) someActions(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	key := "execution_date"
	if r.URL.Path == pathDividends {
		key = "ex_dividend_date"
	}
	var all []string
	for _, text := range v.actions[r.URL.Path] {
		var a map[string]any
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			v.t.Error(err)
		}
		date, _ := a[key].(string)
		wanted := q.Get("ticker.any_of") == "" || slices.Contains(strings.Split(q.Get("ticker.any_of"), ","), a["ticker"].(string))
		if wanted && date >= q.Get(key+".gte") && date <= q.Get(key+".lte") {
			all = append(all, text)
		}
	}
	from, _ := strconv.Atoi(q.Get("cursor"))
	from = min(from, len(all))
	next, to := "", min(from+2, len(all))
	if to < len(all) || v.endless {
		q.Set("cursor", strconv.Itoa(to))
		next = fmt.Sprintf(`,"next_url":"https://api.massive.com%s?%s"`, r.URL.Path, q.Encode())
	}
	fmt.Fprintf(w, `{"status":"OK","request_id":"1","results":[%s]%s}`, strings.Join(all[from:to], ","), next)
}

// count is how many requests of a path there were.
func (v *vendor) count(path string) (n int) {
	for _, asked := range v.Requests() {
		if asked, _, _ = strings.Cut(asked, "?"); asked == path {
			n++
		}
	}
	return n
}

// fastest is the least time from one request to the nth after it.
func (v *vendor) fastest(n int) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	least := time.Duration(1<<63 - 1)
	for i := n; i < len(v.asked); i++ {
		least = min(least, v.asked[i].Sub(v.asked[i-n]))
	}
	return least
}
