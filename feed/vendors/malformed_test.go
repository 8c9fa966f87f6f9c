package vendors

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"tickertape/feed"
)

func TestARequestThatIsNotUnderstoodIsRefused(t *testing.T) {
	for code, cause := range map[int]feed.Cause{400: feed.Refused, 403: feed.Refused, 404: feed.Refused, 422: feed.Refused,
		429: feed.Lost, 500: feed.Lost} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
			defer server.Close()
			rest := REST{Base: server.URL, Client: server.Client()}
			_, _, err := rest.Get(t.Context(), "/", nil)
			err = RefuseMalformed(err)
			var b *feed.Break
			if !errors.As(err, &b) || b.Cause != cause || !HasStatus(err, 1, code) || HasStatus(err, 1) {
				t.Errorf("error %v, want the cause %v", err, cause)
			}
		})
	}
	if err := RefuseMalformed(nil); err != nil {
		t.Errorf("nothing becomes %v", err)
	}
	lost := feed.Breakf(feed.Lost, "no answer")
	if err := RefuseMalformed(lost); err != error(lost) {
		t.Errorf("%v becomes %v", lost, err)
	}
}
