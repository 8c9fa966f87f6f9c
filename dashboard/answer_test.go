package dashboard

import (
	"strings"
	"testing"
)

func TestCodingsAreReadUpToABound(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "gzip;q=0": false, "identity": false, "": false,
		strings.Repeat("br,", 300) + "gzip": true, strings.Repeat("br,", 10_000) + "gzip": false,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("%.40q of %d bytes: %t, want %t", header, len(header), got, want)
		}
	}
}
