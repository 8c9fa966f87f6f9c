package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file in testdata/bad has one mistake; the text beside it is what is said of it.
func TestEveryMistakeIsNamedWithKeyValueAndWhatIsAllowed(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, file := range files {
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, _, err := loadConfig(filepath.ToSlash(file), nil)
			if err == nil || !errors.Is(err, errConfig) {
				t.Fatalf("loadConfig says %v, want an error about the configuration", err)
			}
			got := err.Error() + "\n"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What config print writes is a configuration file again, of the same meaning.
func TestPrintedConfigurationReadsBackTheSame(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no good files: %v", err)
	}
	files = append(files, "../../config.yaml")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cfg, warnings, err := loadConfig(file, nil)
			if err != nil || len(warnings) > 0 {
				t.Fatalf("loadConfig: %v, warnings %q", err, warnings)
			}
			var printed bytes.Buffer
			cmd := &cobra.Command{}
			cmd.SetOut(&printed)
			if err := printConfig(cmd, cfg); err != nil {
				t.Fatal(err)
			}
			again := filepath.Join(t.TempDir(), "printed.yaml")
			if err := os.WriteFile(again, printed.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			got, _, err := loadConfig(again, nil)
			if err != nil {
				t.Fatalf("what was printed is refused: %v\n%s", err, printed.String())
			}
			if !reflect.DeepEqual(got, cfg) {
				t.Errorf("read back\n%+v\nwant\n%+v", got, cfg)
			}
		})
	}
}

func TestExamplesAreGood(t *testing.T) {
	files, err := filepath.Glob("../../deploy/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		if _, warnings, err := loadConfig(file, nil); err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, warnings %q", file, err, warnings)
		}
	}
}
