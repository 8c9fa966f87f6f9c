package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAuditFailsForFindingsAndNotForSilence runs deploy/audit.sh with programs in place of go, npm, curl and govulncheck
// that end as those do.
func TestAuditFailsForFindingsAndNotForSilence(t *testing.T) {
	script, err := filepath.Abs("../../deploy/audit.sh")
	if err != nil {
		t.Fatal(err)
	}
	const report = `echo '{"auditReportVersion": 2, "vulnerabilities": {"left-pad": {}}}'; `
	well := map[string]string{"go": "exit 0", "curl": "exit 0", "govulncheck": "exit 0", "npm": report + "exit 0"}
	for name, tc := range map[string]struct {
		programs map[string]string // those that differ from well
		fails    bool
		says     []string
	}{
		"nothing known": {nil, false, []string{"govulncheck: nothing known", "npm audit of page: nothing known"}},
		"no network": {map[string]string{"curl": "exit 6", "npm": `echo '{"message": "405 Method Not Allowed"}'; exit 1`}, false,
			[]string{"audit: govulncheck: the database at https://vuln.example does not answer; not checked",
				"audit: npm audit of page: the registry does not answer; not checked"}},
		"the network goes in between": {
			map[string]string{"govulncheck": "echo 'govulncheck: fetching vulnerabilities: no such host' >&2; exit 1"}, false,
			[]string{"the database at https://vuln.example does not answer"}},
		"no govulncheck": {map[string]string{"go": `[ "$1" != install ] || { echo no such host >&2; exit 1; }`}, false,
			[]string{"v0.0.1 cannot be had; not checked: no such host"}},
		"it takes for ever": {map[string]string{"govulncheck": "exit 124"}, false, []string{"no end within 120 s; not checked"}},
		"a fault in a module": {map[string]string{"govulncheck": "echo 'Vulnerability #1: GO-2026-0001'; exit 3"}, true,
			[]string{"GO-2026-0001", "npm audit of page: nothing known"}},
		"govulncheck breaks": {map[string]string{"govulncheck": "echo 'cannot load packages' >&2; exit 1"}, true,
			[]string{"cannot load packages"}},
		"a fault in an npm package": {map[string]string{"npm": report + "exit 1"}, true, []string{"left-pad", "govulncheck: nothing known"}},
		"a module that is not go.sum": {map[string]string{"go": `[ "$1" != mod ] || { echo checksum mismatch >&2; exit 1; }`}, true,
			[]string{"checksum mismatch", "npm audit of page: nothing known"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for _, sub := range []string{"bin", "path", "page"} {
				if err := os.Mkdir(filepath.Join(folder, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			for program, body := range well {
				if other, there := tc.programs[program]; there {
					body = other
				}
				path := filepath.Join(folder, "path", program)
				if program == "govulncheck" {
					path = filepath.Join(folder, "bin", program)
				}
				if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(script, "v0.0.1", "page")
			cmd.Dir = folder
			cmd.Env = append(os.Environ(), "PATH="+filepath.Join(folder, "path")+":"+os.Getenv("PATH"), "GOVULNDB=https://vuln.example")
			out, err := cmd.CombinedOutput()
			if (err != nil) != tc.fails {
				t.Errorf("%v, want a failure: %t\n%s", err, tc.fails, out)
			}
			for _, want := range tc.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}
