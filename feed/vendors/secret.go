package vendors

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"runtime"
	"strings"
)

// Secret is a key that nothing shows: not a log, not an error, not a printed configuration.
type Secret struct{ text string }

// SecretError is the error of a key that is missing or cannot be used. It names the configuration's key.
type SecretError struct{ error }

func (e *SecretError) Unwrap() error { return e.error }

// ReadSecret reads a key from a file or, where none is named, from the first environment variable
// that is set. name is the configuration's key of the file. Its errors are [*SecretError]s.
func ReadSecret(name, file string, variables ...string) (Secret, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return Secret{}, &SecretError{fmt.Errorf("%s: %w", name, err)}
		}
		s := strings.TrimSpace(string(text))
		if s == "" {
			return Secret{}, &SecretError{fmt.Errorf("%s: %s is empty", name, file)}
		}
		return checked(name, s)
	}
	for _, v := range variables {
		if s := strings.TrimSpace(os.Getenv(v)); s != "" {
			return checked("environment "+v, s)
		}
	}
	return Secret{}, &SecretError{fmt.Errorf(`%s: "" names no file, and %s is not set: a key is needed`, name,
		strings.Join(variables, " or "))}
}

// readable are the bits of a mode that let others than the owner read.
const readable = 0o044

// Exposed warns that others than its owner can read a file with a secret. name is the configuration's key that has the path. It
// returns "" if they cannot, or there is no such file.
func Exposed(name, file string) string {
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS == "windows" { // which has no such bits
		return ""
	}
	mode := info.Mode().Perm()
	who := map[fs.FileMode]string{0o040: "its group", 0o004: "everybody", readable: "everybody"}[mode&readable]
	if who == "" {
		return ""
	}
	return fmt.Sprintf("%s: %s can be read by %s (mode %04o): chmod 600 %[2]s", name, file, who, mode)
}

// checked refuses what cannot stand in a header.
func checked(where, s string) (Secret, error) {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return Secret{}, &SecretError{fmt.Errorf("%s: the key has a character that no key has", where)}
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

// cleanText takes secrets out of a text that somebody else wrote.
func cleanText(text string, secrets []Secret) string {
	for _, s := range secrets {
		text = s.Clean(text)
	}
	return text
}

// cleanBytes takes secrets out of bytes that somebody else wrote. It copies them if there are any, and changes none in
// place.
func cleanBytes(text []byte, secrets []Secret) []byte {
	for _, s := range secrets {
		if s.text != "" && (bytes.Contains(text, []byte(s.text)) || bytes.Contains(text, []byte(url.QueryEscape(s.text)))) {
			text = []byte(s.Clean(string(text)))
		}
	}
	return text
}
