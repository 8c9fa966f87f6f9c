package vendors

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Shown is an address without its user, password, query and fragment.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Redact hides in an address, which may be one that cannot be read, all that can be a secret: user, password, query and
// fragment. Where it is in doubt it hides too much.
func Redact(address string) string {
	scheme, rest := "", address
	if i := strings.Index(address, "://"); i >= 0 {
		scheme, rest = address[:i+3], address[i+3:]
	}
	tail := ""
	cut := func() {
		if i := strings.IndexAny(rest, "?#"); i >= 0 {
			rest, tail = rest[:i], rest[i:i+1]+"***"
		}
	}
	u, err := url.Parse(address)
	readable := err == nil && u.Host != ""
	if readable {
		cut() // an @ behind it belongs to no password
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "***" + rest[at:]
	}
	if !readable {
		cut()
	}
	return scheme + rest + tail
}

// leastPassword is the length from which a password is hidden in what others say: a shorter one could be an ordinary word.
const leastPassword = 8

// Passwords are the secrets in the user part of an address, in each spelling in which the other side can repeat them.
func Passwords(u *url.URL) []Secret {
	password, _ := u.User.Password()
	if len(password) < leastPassword {
		return nil
	}
	basic := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
	_, escaped, _ := strings.Cut(u.User.String(), ":")
	return []Secret{{password}, {escaped}, {basic}}
}

// CheckAddress refuses what is no address of one of the schemes, and an address with a query or a password, since secrets belong
// elsewhere. Its error names the configuration's key and shows no secret.
func CheckAddress(key, text string, schemes ...string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "":
		return fmt.Errorf("%s: %.100q is not an address such as %s://host/path", key, Redact(text), schemes[0])
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s: the address at %q has more than a path; keys come from the environment or a file", key, u.Host)
	}
	return nil
}
