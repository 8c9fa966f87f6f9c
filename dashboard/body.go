package dashboard

import (
	"net/http"

	"tickertape/broadcast/admission"
)

// bodiless refuses requests with a body, which nothing here reads, before the body has come.
func bodiless(adm *admission.Admission, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 && len(r.TransferEncoding) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		who := adm.Visitor(r).Addr
		if c := connOf(r); c != nil {
			c.refuseBody(who)
		} else {
			adm.Refusals.Note(admission.ReasonBody, who)
		}
		w.Header().Set("Connection", "close")
		problem{Status: http.StatusRequestEntityTooLarge, Detail: "body: none is wanted"}.write(w)
	})
}
