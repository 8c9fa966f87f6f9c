package admission

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestClientIsWhoTrustedProxiesSay(t *testing.T) {
	trusted, err := ParseProxies([]string{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::ffff:172.16.0.0/108"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                      {"203.0.113.9:5", nil, "203.0.113.9"},
		"forged by a stranger":          {"203.0.113.9:5", []string{"1.2.3.4"}, "203.0.113.9"},
		"one proxy":                     {"10.1.2.3:5", []string{"198.51.100.7"}, "198.51.100.7"},
		"two proxies":                   {"10.1.2.3:5", []string{"198.51.100.7, 192.0.2.1"}, "198.51.100.7"},
		"forged in front":               {"10.1.2.3:5", []string{"1.2.3.4, 198.51.100.7"}, "198.51.100.7"},
		"forged in a header of its own": {"10.1.2.3:5", []string{"1.2.3.4", "198.51.100.7"}, "198.51.100.7"},
		"all are proxies":               {"10.1.2.3:5", []string{"10.9.9.9, 192.0.2.1"}, "10.9.9.9"},
		"says nothing":                  {"10.1.2.3:5", nil, "10.1.2.3"},
		"says nonsense":                 {"10.1.2.3:5", []string{"1.2.3.4, unknown"}, "10.1.2.3"},
		"nonsense behind a proxy":       {"10.1.2.3:5", []string{"evil, 192.0.2.1"}, "192.0.2.1"},
		"with a port":                   {"10.1.2.3:5", []string{"198.51.100.7:4711"}, "198.51.100.7"},
		"IPv6 in brackets with a port":  {"10.1.2.3:5", []string{"[2001:abc::1]:4711"}, "2001:abc::1"},
		"IPv6":                          {"[2001:db8::5]:80", []string{"2001:abc::1"}, "2001:abc::1"},
		"IPv4 in IPv6":                  {"[::ffff:10.1.2.3]:80", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"a prefix written as IPv6":      {"172.16.4.5:80", []string{"198.51.100.7"}, "198.51.100.7"},
		"a zone":                        {"[fe80::1%eth0]:80", nil, "fe80::1"},
		"empty entries":                 {"10.1.2.3:5", []string{","}, "10.1.2.3"},
		"a long entry":                  {"10.1.2.3:5", []string{strings.Repeat("1", 70)}, "10.1.2.3"},
		"as many proxies as may be":     {"10.1.2.3:5", []string{"198.51.100.7" + strings.Repeat(",10.0.0.1", mostHops-1)}, "198.51.100.7"},
		"one more":                      {"10.1.2.3:5", []string{"198.51.100.7" + strings.Repeat(",10.0.0.1", mostHops)}, "10.0.0.1"},
		"no address at all":             {"pipe", nil, "invalid IP"},
	} {
		if got := behind(peerOf(tc.peer), http.Header{"X-Forwarded-For": tc.forwarded}, trusted); got.String() != tc.want {
			t.Errorf("%s: client %s, want %s", name, got, tc.want)
		}
	}
}

func TestBudgetsBelongToAnAddressOrASubnet(t *testing.T) {
	for a, want := range map[string]string{
		"203.0.113.9": "203.0.113.9/32", "::ffff:203.0.113.9": "203.0.113.9/32", "fe80::1%eth0": "fe80::/64",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64", "::1": "::/64",
	} {
		if got := clientOf(netip.MustParseAddr(a)); got.String() != want {
			t.Errorf("budget of %s is that of %s, want %s", a, got, want)
		}
	}
}

func TestBadProxiesAreNamed(t *testing.T) {
	for _, bad := range []string{"", "10.0.0.0/33", "proxy.example", "fe80::1%eth0", "10.0.0"} {
		_, err := ParseProxies([]string{"10.0.0.1", bad})
		if err == nil || !strings.Contains(err.Error(), "trusted_proxies[1]") || !strings.Contains(err.Error(), fmt.Sprintf("%q", bad)) {
			t.Errorf("%q: %v, want an error that names index and value", bad, err)
		}
	}
}

// FuzzForwarded never takes a client's own word: whatever stands before the last entry that no trusted proxy wrote
// does not matter.
func FuzzForwarded(f *testing.F) {
	f.Add("198.51.100.7", "1.2.3.4")
	f.Add("[::1]:80", "")
	f.Add(", ,", "x")
	trusted, _ := ParseProxies([]string{"10.0.0.0/8"})
	peer := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, last, before string) {
		one := behind(peer, http.Header{"X-Forwarded-For": {last}}, trusted)
		if isTrusted(one, trusted) {
			return // the entry before counts
		}
		if two := behind(peer, http.Header{"X-Forwarded-For": {before, last}}, trusted); two != one {
			t.Errorf("client %s, and %s after %q", one, two, before)
		}
		if two := behind(peer, http.Header{"X-Forwarded-For": {before + "," + last}}, trusted); two != one && !strings.Contains(last, ",") {
			t.Errorf("client %s, and %s after %q in the same header", one, two, before)
		}
	})
}
