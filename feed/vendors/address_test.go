package vendors

import (
	"net/url"
	"strings"
	"testing"
)

func TestAddressesHaveNoKeysInThem(t *testing.T) {
	for text, want := range map[string]string{
		"wss://example.com/ws":                  "",
		"ws://127.0.0.1:8080":                   "",
		"":                                      `url: "" is not an address such as wss://host/path`,
		"example.com":                           `url: "example.com" is not an address such as wss://host/path`,
		"https://example.com":                   `url: "https://example.com" is not`,
		"wss://":                                `url: "wss://" is not`,
		"wss://a b":                             `url: "wss://a b" is not`,
		"wss://example.com/ws?token=CANARY":     `url: the address at "example.com" has more than a path`,
		"wss://me:CANARY@example.com/ws":        `url: the address at "example.com" has more than a path`,
		"ftp://me:CANARY@example.com/ws?CANARY": `url: "ftp://***@example.com/ws?***" is not`,
		"wss://example.com/ws#CANARY":           `url: the address at "example.com" has more than a path`,
		"wss://me:CAN?CANARY@example.com":       `url: "wss://***@example.com" is not`,
		"wss://me:%zzCANARY@ex@ample.com":       `url: "wss://***@ample.com" is not`,
		"me:CANARY@example.com":                 `url: "***@example.com" is not`,
		"wss://me:CANARY@example.com:x/?CANARY": `url: "wss://***@example.com:x/?***" is not`,
	} {
		err := CheckAddress("url", text, "wss", "ws")
		if (err == nil) != (want == "") || err != nil && (!strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "CANARY")) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestRedactKeepsWhatIsNoSecret(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"https://example.com/v2/ws":            "https://example.com/v2/ws",
		"http://127.0.0.1:8080":                "http://127.0.0.1:8080",
		"https://CANARY@example.com":           "https://***@example.com",
		"https://me:CANARY@example.com/v2":     "https://***@example.com/v2",
		"https://me:CAN@ARY@example.com/v2":    "https://***@example.com/v2",
		"https://me:CANARY/x@example.com":      "https://***@example.com",
		"https://me:CANARY#x@example.com":      "https://***@example.com",
		"https://example.com?token=CANARY":     "https://example.com?***",
		"https://example.com/x?a=b@CANARY":     "https://example.com/x?***",
		"https://example.com/x#CANARY?a=b":     "https://example.com/x#***",
		"https://me:C A\"NARY@example.com/x?y": "https://***@example.com/x?***",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func FuzzNoPasswordIsShown(f *testing.F) {
	f.Add("me", "CANARY", "example.com", "/v2")
	f.Add("", "a@b", "h:x", "/?q=1")
	f.Add("u/", "%zz#", "", "#")
	f.Fuzz(func(t *testing.T, user, password, host, path string) {
		const canary = "\x01canary\x02"
		if strings.ContainsAny(host+path, "@") || strings.Contains(user, "://") {
			return
		}
		for _, address := range []string{
			"https://" + user + ":" + password + canary + "@" + host + path,
			"https://" + user + ":" + canary + password + "@" + host + path,
			(&url.URL{Scheme: "https", User: url.UserPassword(user, password+"canary"), Host: host, Path: path}).String(),
		} {
			if shown := Redact(address); strings.Contains(shown, "canary") && !strings.Contains(user+host+path, "canary") {
				t.Errorf("%q is shown as %q", address, shown)
			}
		}
	})
}
