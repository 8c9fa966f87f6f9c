package vendors

import (
	"encoding/base64"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestFaultsCleanTakesOutEachSpellingOfAKey(t *testing.T) {
	const key = `pk+CANARY/7f3a"9c=d21&b`
	f := NewFaults(slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if f.HasKeys() {
		t.Error("it has a key before one is hidden")
	}
	f.Hide(Secret{})
	f.Hide(Secret{key})
	f.Hide(Secret{"abc12"})
	if !f.HasKeys() {
		t.Error("it has no key")
	}
	for text, want := range map[string]string{
		"nothing of it":                       "nothing of it",
		"":                                    "",
		"the key " + key + " is wrong":        "the key *** is wrong",
		key + key:                             "***",
		"in capitals " + strings.ToUpper(key): "in capitals ***",
		"?token=" + url.QueryEscape(key) + "&x=1":                     "?token=***&x=1",
		"/path/" + url.PathEscape(key) + "/x":                         "/path/***/x",
		`"pk+CANARY/7f3a\"9c=d21&b"`:                                  `"***"`,
		"cut: " + key[:len(key)-6]:                                    "cut: ***",
		"the end: " + key[5:]:                                         "the end: ***",
		"Basic " + base64.StdEncoding.EncodeToString([]byte(key)):     "Basic ***=",
		"too little to be known: " + key[:7]:                          "too little to be known: pk+CANA",
		"a short one is hidden as a whole: abc12, and abc1 is not it": "a short one is hidden as a whole: ***, and abc1 is not it",
	} {
		if got := f.Clean(text); got != want {
			t.Errorf("%q is cleaned to %q, want %q", text, got, want)
		}
	}
}
