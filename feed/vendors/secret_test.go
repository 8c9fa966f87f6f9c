package vendors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const canary = "CANARY+key/42="

func TestSecretIsNeverShown(t *testing.T) {
	t.Setenv("UPSTREAM_TEST_KEY", canary)
	s, err := ReadSecret("feed.test.key_file", "", "UPSTREAM_TEST_NONE", "UPSTREAM_TEST_KEY")
	if err != nil || s.Reveal() != canary {
		t.Fatalf("read %q, %v", s.Reveal(), err)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("key", "key", s, "in", struct{ Key Secret }{s}, "at", &s)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		fmt.Fprintf(&log, verb+"\n", s)
		fmt.Fprintf(&log, verb+"\n", struct{ Key Secret }{s})
		fmt.Fprintf(&log, verb+"\n", []*Secret{&s})
	}
	text, err := json.Marshal(struct{ Key Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	log.Write(text)
	log.WriteString(s.Clean("refused: " + canary + ", GET /?token=CANARY%2Bkey%2F42%3D"))
	if shown := log.String(); strings.Contains(shown, "CANARY") || strings.Contains(shown, fmt.Sprintf("%x", "CANARY")) {
		t.Errorf("shown in\n%s", shown)
	}
}

func TestKeyThatCannotBeIsNamedAndNotShown(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct{ path, want string }{
		"none":            {"", `feed.test.key_file: "" names no file, and UPSTREAM_TEST_A or UPSTREAM_TEST_B is not set`},
		"no such file":    {filepath.Join(dir, "missing"), "feed.test.key_file: open "},
		"nothing in it":   {file("empty", " \n"), "empty is empty"},
		"two lines in it": {file("two", "CANARY\nCANARY"), "a character that no key has"},
		"a letter of no ": {file("umlaut", "CANARÄY"), "a character that no key has"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadSecret("feed.test.key_file", tc.path, "UPSTREAM_TEST_A", "UPSTREAM_TEST_B")
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "CANAR") {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
	if s, err := ReadSecret("k", file("good", "  abc \r\n")); err != nil || s.Reveal() != "abc" {
		t.Errorf("read %q, %v", s.Reveal(), err)
	}
}

func TestAKeyThatOthersCanReadIsWarnedOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("CANARY"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, who := range map[os.FileMode]string{
		0o400: "", 0o600: "", 0o700: "", 0o640: "its group (mode 0640)", 0o604: "everybody (mode 0604)", 0o644: "everybody (mode 0644)",
		0o444: "everybody (mode 0444)",
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		want := ""
		if who != "" {
			want = "feed.test.key_file: " + path + " can be read by " + who + ": chmod 600 " + path
		}
		if got := Exposed("feed.test.key_file", path); got != want {
			t.Errorf("mode %o: %q, want %q", mode, got, want)
		}
	}
	if got := Exposed("feed.test.key_file", path+".none"); got != "" {
		t.Errorf("of no file: %q", got)
	}
}
