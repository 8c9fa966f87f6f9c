package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// shownOf is everything that config check and config print say of a configuration.
func shownOf(t *testing.T, file string) (text string, err error) {
	t.Helper()
	cfg, warnings, err := loadConfig(file, nil)
	if err != nil {
		return err.Error(), err
	}
	var printed bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&printed)
	if err := printConfig(cmd, cfg); err != nil {
		t.Fatal(err)
	}
	return strings.Join(warnings, "\n") + printed.String(), nil
}

// TestNoKeyShowsASecretOfAnAddress gives each key, whether it wants an address or not, addresses with a password or a
// token in them, such as can be read and such as cannot, from the environment and from a file.
func TestNoKeyShowsASecretOfAnAddress(t *testing.T) {
	t.Chdir(t.TempDir()) // no config.yaml here
	addresses := []string{
		"http://me:CANARY@host.example:8080/path", "wss://me:CANARY@host.example", "https://CANARY@host.example",
		"https://host.example/path?token=CANARY", "wss://host.example/?a=b&apiKey=CANARY", "https://host.example/#access_token=CANARY",
		"http://me:CANARY%zz@host.example", "http://me:CAN?ARY@CANARY@host.example", "http://me:CANARY@host.example:port",
		"nothing://me:CANARY@host.example", "http://me:" + strings.Repeat("CANARY", 40) + "@host.example",
		`http://me:CANARY" \CANARY@host.example`,
	}
	bare := []string{"me:CANARY@host.example", "CANARY@host.example", "//me:CANARY@host.example"}
	plain := DefaultConfig()
	known := leaves(reflect.ValueOf(&plain).Elem(), nil)
	hidden := func(where, text string) {
		if i := strings.Index(text, "CANARY"); i >= 0 {
			t.Errorf("%s: it is shown in …%s", where, text[max(i-200, 0):min(i+100, len(text))])
		}
	}
	for _, address := range addresses {
		t.Run("every key at once", func(t *testing.T) {
			for _, l := range known {
				t.Setenv(l.environment(), address)
			}
			text, err := shownOf(t, "")
			if err == nil {
				t.Error("it is allowed")
			}
			hidden(address, text)
		})
		quoted := "'" + address + "'"
		for _, value := range []string{quoted, "[" + quoted + "]", "{key: " + quoted + "}", "[{symbol: " + quoted + ", name: " +
			quoted + ", symbols: [" + quoted + "]}]"} {
			text, _ := shownOf(t, written(t, known, value))
			hidden(value, text)
			if n := strings.Count(text, "\n"); n < len(known)/2 && !strings.Contains(address, `"`) {
				t.Errorf("%s: %d mistakes in\n%s", value, n, text)
			}
		}
	}
	var sections []leaf
	for name := range fields(reflect.ValueOf(plain)) {
		sections = append(sections, leaf{path: []string{name}})
	}
	text, _ := shownOf(t, written(t, sections, "'"+addresses[0]+"'"))
	hidden("in place of sections", text)

	printed := map[string]bool{}
	for _, l := range known {
		if l.value.Kind() != reflect.String || !strings.Contains(l.value.String(), "://") && l.path[len(l.path)-1] != "url" &&
			l.path[len(l.path)-1] != "rest" {
			continue
		}
		for _, address := range append(bare, addresses...) {
			t.Run(l.name(), func(t *testing.T) {
				t.Setenv(l.environment(), address)
				text, err := shownOf(t, "")
				hidden(l.name()+" "+address, text)
				if err == nil && !strings.Contains(text, "***") {
					t.Errorf("%q is allowed, and not printed:\n%s", address, text)
				}
				printed[l.name()] = printed[l.name()] || err == nil
			})
		}
	}
	if len(printed) < 10 || !printed["feed.relay.url"] {
		t.Errorf("addresses with a password were printed of %v", printed)
	}
}

// fields are the sections at the top.
func fields(v reflect.Value) map[string]bool {
	names := map[string]bool{}
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("mapstructure"); name != ",squash" {
			names[name] = true
		}
	}
	return names
}

// written is a file in which every key has the value.
func written(t *testing.T, keys []leaf, value string) string {
	t.Helper()
	var text strings.Builder
	var open []string
	for _, l := range keys {
		shared := 0
		for shared < len(open) && shared < len(l.path)-1 && open[shared] == l.path[shared] {
			shared++
		}
		for i := shared; i < len(l.path); i++ {
			text.WriteString("\n" + strings.Repeat("  ", i) + l.path[i] + ":")
		}
		text.WriteString(" " + value)
		open = l.path[:len(l.path)-1]
	}
	file := filepath.Join(t.TempDir(), "it.yaml")
	if err := os.WriteFile(file, []byte(text.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestEveryKeyFileThatOthersCanReadIsWarnedOf finds the keys that name such a file by their ending.
func TestEveryKeyFileThatOthersCanReadIsWarnedOf(t *testing.T) {
	t.Chdir(t.TempDir())
	plain := DefaultConfig()
	files := 0
	for _, l := range leaves(reflect.ValueOf(&plain).Elem(), nil) {
		if !strings.HasSuffix(l.name(), "_file") {
			continue
		}
		files++
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte("CANARY"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(l.name(), func(t *testing.T) {
			t.Setenv(l.environment(), path)
			if _, warnings, err := loadConfig("", nil); err != nil || len(warnings) > 0 {
				t.Errorf("private: %v, warnings %q", err, warnings)
			}
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
			_, warnings, err := loadConfig("", nil)
			if err != nil || len(warnings) != 1 {
				t.Fatalf("%v, warnings %q, want one", err, warnings)
			}
			for _, want := range []string{l.name(), path, "0644"} {
				if !strings.Contains(warnings[0], want) || strings.Contains(warnings[0], "CANARY") {
					t.Errorf("warning %q, want one with %q", warnings[0], want)
				}
			}
		})
	}
	if files < 4 {
		t.Errorf("%d keys name files with keys", files)
	}
}

// A password may stand in an address, and then the configuration is a file with a key.
func TestConfigurationWithAPasswordThatOthersCanReadIsWarnedOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	for name, tc := range map[string]struct {
		text, environment string
		mode              os.FileMode
		warned            bool
	}{
		"a password":                    {"feed:\n  relay: {url: 'ws://user:CANARY@host/ws'}\n", "", 0o644, true},
		"a password for its owner":      {"feed:\n  relay: {url: 'ws://user:CANARY@host/ws'}\n", "", 0o600, false},
		"an address without a password": {"feed:\n  relay: {url: 'ws://host/ws'}\n", "", 0o644, false},
		"a password elsewhere":          {"listen: ':8080'\n", "ws://user:CANARY@host/ws", 0o644, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, tc.mode); err != nil {
				t.Fatal(err)
			}
			if tc.environment != "" {
				t.Setenv("TICKERTAPE_FEED_RELAY_URL", tc.environment)
			}
			_, warnings, err := loadConfig(file, nil)
			if err != nil || (len(warnings) > 0) != tc.warned {
				t.Fatalf("%v, warnings %q, wanted %t", err, warnings, tc.warned)
			}
			if text := strings.Join(warnings, "\n"); strings.Contains(text, "CANARY") || tc.warned &&
				!strings.Contains(text, "feed.relay.url: "+file) {
				t.Errorf("warning %q", text)
			}
		})
	}
}
