package dashboard

import (
	"net/http"

	"tickertape/broadcast"
)

type health struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// healthz says whether the process does its work: 503 is a reason to restart it.
func healthz(board *broadcast.Board) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if board.Stuck() {
			writeJSON(w, http.StatusServiceUnavailable, health{"failing", "the board has not flushed for longer than its interval allows"})
			return
		}
		writeJSON(w, http.StatusOK, health{Status: "ok"})
	})
}

// readyz says whether new subscribers should come here.
func readyz(board *broadcast.Board) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case board.Draining():
			writeJSON(w, http.StatusServiceUnavailable, health{"not ready", "draining"})
		case !board.Quoted():
			writeJSON(w, http.StatusServiceUnavailable, health{"not ready", "the feed has given no quote yet"})
		default:
			writeJSON(w, http.StatusOK, health{Status: "ready"})
		}
	})
}
