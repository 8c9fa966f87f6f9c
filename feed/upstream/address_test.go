package upstream

import (
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
		"ftp://me:CANARY@example.com/ws?CANARY": `url: "example.com/ws" is not`,
		"wss://example.com/ws#CANARY":           `url: the address at "example.com" has more than a path`,
	} {
		err := CheckAddress("url", text, "wss", "ws")
		if (err == nil) != (want == "") || err != nil && (!strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "CANARY")) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
