package dashboard

import (
	"fmt"
	"net/http"
	"time"

	"tickertape/broadcast"
)

type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// lateAfter is how late a shard may be on a machine that is merely busy.
const lateAfter = time.Second

// healthz says whether the process does its work: 503 is a reason to restart it.
func healthz(hub *broadcast.Hub) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hub.Stuck() {
			writeJSON(w, http.StatusServiceUnavailable, health{"failing", "the board has not flushed for longer than its interval allows"})
			return
		}
		if late := hub.Late(); late > lateAfter {
			detail := fmt.Sprintf("subscribers wait: a shard is late by %.1f s", late.Seconds())
			writeJSON(w, http.StatusServiceUnavailable, health{"failing", detail})
			return
		}
		writeJSON(w, http.StatusOK, health{Status: "ok"})
	})
}

// readyz says whether new subscribers should come here.
func readyz(hub *broadcast.Hub) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case hub.Draining():
			writeJSON(w, http.StatusServiceUnavailable, health{"not ready", "draining"})
		case !hub.Board().Quoted():
			writeJSON(w, http.StatusServiceUnavailable, health{"not ready", "the feed has given no quote yet"})
		default:
			writeJSON(w, http.StatusOK, health{Status: "ready"})
		}
	})
}
