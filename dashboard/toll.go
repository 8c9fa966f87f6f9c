package dashboard

import (
	"net/http"

	"tickertape/broadcast/admission"
)

// tolled charges each request what any costs before anything of it is looked at. Health and metrics are charged to
// their client alone, so that they stay in reach when all clients together have used up what there is.
func tolled(door *admission.Admission, h http.Handler) http.Handler {
	if door == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		more, vital := admission.Cost{}, false
		switch r.URL.Path {
		case "/metrics":
			more, vital = admission.Scrape(), true
		case "/healthz", "/readyz":
			vital = true
		}
		visitor := door.Visitor(r)
		if c := connOf(r); c != nil {
			c.asks(visitor.Addr)
		}
		if refusal := door.Enter(r.Context(), visitor, r, more, vital); refusal != nil {
			problemOf(refusal).write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// charged charges the files of the page by their size.
func charged(door *admission.Admission, files assets) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f, ok := files[r.URL.Path]; ok {
			if refusal := door.Charge(r.Context(), door.Visitor(r), admission.Asset(len(f.body(r)))); refusal != nil {
				problemOf(refusal).write(w)
				return
			}
		}
		files.ServeHTTP(w, r)
	})
}
