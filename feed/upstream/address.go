package upstream

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// CheckAddress refuses what is no address of one of the schemes, and one with a query or a password: keys stand
// elsewhere. Its error names the key, and shows neither.
func CheckAddress(key, text string, schemes ...string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "":
		shown, _, _ := strings.Cut(text, "?")
		if at := strings.LastIndexByte(shown, '@'); at >= 0 {
			shown = shown[at+1:]
		}
		return fmt.Errorf("%s: %.100q is not an address such as %s://host/path", key, shown, schemes[0])
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s: the address at %q has more than a path; keys come from the environment or a file", key, u.Host)
	}
	return nil
}
