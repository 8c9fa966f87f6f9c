package broadcast

import (
	"net/http"
	"strings"
	"testing"
)

func TestPagesOfOtherOriginsNeedLeave(t *testing.T) {
	s := serve(t, func(c *Config) { c.Origins = []string{"https://desk.example:8443"} })
	host := strings.TrimPrefix(s.url, "http://")
	for origin, allowed := range map[string]bool{
		"":                                 true,
		"http://" + host:                   true,
		"https://desk.example:8443":        true,
		"HTTPS://Desk.Example:8443":        true,
		"https://desk.example":             false,
		"http://desk.example:8443":         false,
		"https://a.desk.example:8443":      false,
		"https://evildesk.example:8443":    false,
		"https://desk.example:8443.evil":   false,
		"null":                             false,
		"file://" + host:                   false,
		"http://" + host + "@evil.example": false,
	} {
		for _, path := range []string{"/events", "/api/quotes"} {
			req, _ := http.NewRequest(http.MethodOptions, s.url+path+"?symbols=AAPL", nil)
			if origin != "" {
				req.Header.Set("Origin", origin)
			}
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if got := answer.StatusCode == http.StatusNoContent; got != allowed || allowed && answer.Header.Get("Access-Control-Allow-Origin") != origin {
				t.Errorf("%s from %q: %s, want allowed: %v", path, origin, answer.Status, allowed)
			}
		}
	}
}
