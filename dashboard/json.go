package dashboard

import (
	"encoding/json"
	"net/http"
)

// writeJSON answers with a value that JSON can hold. A client that has gone needs no answer.
func writeJSON(w http.ResponseWriter, status int, value any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
