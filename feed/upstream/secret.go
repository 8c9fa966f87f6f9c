package upstream

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
)

// Secret is a key that nothing shows: not a log, not an error, not a printed configuration.
type Secret struct{ text string }

// ReadSecret reads a key from a file or, where none is named, from the first environment variable
// that is set. name is the configuration's key of the file, for the error when there is none.
func ReadSecret(name, file string, variables ...string) (Secret, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return Secret{}, fmt.Errorf("%s: %w", name, err)
		}
		s := strings.TrimSpace(string(text))
		if s == "" {
			return Secret{}, fmt.Errorf("%s: %s is empty", name, file)
		}
		return checked(name, s)
	}
	for _, v := range variables {
		if s := strings.TrimSpace(os.Getenv(v)); s != "" {
			return checked("environment "+v, s)
		}
	}
	return Secret{}, fmt.Errorf(`%s: "" names no file, and %s is not set: a key is needed`, name, strings.Join(variables, " or "))
}

// checked refuses what cannot stand in a header.
func checked(where, s string) (Secret, error) {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return Secret{}, fmt.Errorf("%s: the key has a character that no key has", where)
		}
	}
	return Secret{s}, nil
}

// Reveal is the key itself, for the one place that sends it.
func (s Secret) Reveal() string { return s.text }

// String hides the key.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "***"
}

// Format hides the key whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue hides the key from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Clean takes the key, also as it stands in an address, out of a text that somebody else wrote.
func (s Secret) Clean(text string) string {
	if s.text == "" {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, s.text, "***"), url.QueryEscape(s.text), "***")
}

// cleaned takes keys out of bytes that somebody else wrote, and leaves those as they are.
func cleaned(text []byte, secrets []Secret) []byte {
	for _, s := range secrets {
		if s.text != "" && (bytes.Contains(text, []byte(s.text)) || bytes.Contains(text, []byte(url.QueryEscape(s.text)))) {
			text = []byte(s.Clean(string(text)))
		}
	}
	return text
}
