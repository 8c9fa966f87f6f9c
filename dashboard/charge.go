package dashboard

import (
	"context"
	"net/http"

	"tickertape/broadcast/admission"
)

// chargeRequests charges each request what any costs before anything of it is looked at. Health and metrics are charged to
// their client alone, so that they stay in reach when all clients together have used up what there is.
func chargeRequests(adm *admission.Admission, h http.Handler) http.Handler {
	if adm == nil {
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
		visitor := adm.Visitor(r)
		if c := connOf(r); c != nil {
			c.setRequester(visitor.Addr)
		}
		refusal := adm.ChargeRequest(r.Context(), visitor, r, more, vital)
		if refusal != nil && r.URL.Path != eventsPath {
			problemOf(refusal).write(w)
			return
		}
		if refusal != nil { // its handler says so, in a stream
			r = r.WithContext(context.WithValue(r.Context(), refusalKey{}, refusal))
		}
		h.ServeHTTP(w, r)
	})
}

// refusalKey is the key of a request's refusal in its context.
type refusalKey struct{}

// refusedBy is why chargeRequests has refused a request for an event stream; nil where it has not.
func refusedBy(r *http.Request) *admission.Refusal {
	refusal, _ := r.Context().Value(refusalKey{}).(*admission.Refusal)
	return refusal
}

// chargeFiles charges the files of the page by their size.
func chargeFiles(adm *admission.Admission, files assets) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f, ok := files[r.URL.Path]; ok {
			if refusal := adm.Charge(r.Context(), adm.Visitor(r), admission.Asset(len(f.body(r)))); refusal != nil {
				problemOf(refusal).write(w)
				return
			}
		}
		files.ServeHTTP(w, r)
	})
}
