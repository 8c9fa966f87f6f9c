package dashboard

import "net/http"

// version serves GET /api/version: what is running.
func version(name, revision string) http.Handler {
	answer := struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
	}{name, revision}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, answer) })
}
