package wire

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestTableOfCodesIsWhole(t *testing.T) {
	for c := range Code(numCodes) {
		switch {
		case c.CloseCode() != 0 && (c.Metric() == "" || c.String() == ""):
			t.Errorf("code %d closes with %d, without a name or a metric", c, c.CloseCode())
		case c.CloseCode() == 0 && c.String() == "" && c.Metric() == "":
			t.Errorf("code %d has a row of nothing", c)
		case c.ComeBack() && c.Status() < 429:
			t.Errorf("%s: coming back helps, and the status is %d", c, c.Status())
		}
	}
}

// What can be told stands in PROTOCOL.md, and nothing stands there that cannot.
func TestCodesAreThoseOfTheProtocol(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "PROTOCOL.md"))
	if err != nil {
		t.Fatal(err)
	}
	protocol := string(text)
	table := func(head string) string {
		_, rest, found := strings.Cut(protocol, head+"\n\n| code | meaning |")
		if !found {
			t.Fatalf("PROTOCOL.md has no table behind %q", head)
		}
		rest, _, _ = strings.Cut(rest, "\n\n")
		return rest
	}
	cells := regexp.MustCompile("(?m)^\\| `?(\\w+)`? \\|")
	listed := func(head string) map[string]bool {
		all := map[string]bool{}
		for _, m := range cells.FindAllStringSubmatch(table(head), -1) {
			all[m[1]] = true
		}
		return all
	}
	closes, errors := map[string]bool{}, map[string]bool{}
	for c := range Code(numCodes) {
		if n := c.CloseCode(); n != 0 {
			closes[strconv.Itoa(n)] = true
		} else if c.String() != "" {
			errors[c.String()] = true
		}
		if name := c.String(); name != "" && !strings.Contains(protocol, "`"+name+"`") && c.Status() != 403 &&
			name != "policy" && c != Unfinished {
			t.Errorf("PROTOCOL.md does not have the code %s", name)
		}
	}
	errors[Full.String()] = true // of a request for which there is no memory
	for head, want := range map[string]map[string]bool{"Close codes:": closes, "Error codes:": errors} {
		got := listed(head)
		for code := range want {
			if !got[code] {
				t.Errorf("%s lack %s", head, code)
			}
			delete(got, code)
		}
		for code := range got {
			t.Errorf("%s have %s, which is never sent", head, code)
		}
	}
}

// Each parameter of a path is in PROTOCOL.md, and each of its table is one.
func TestParametersAreThoseOfTheProtocol(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "PROTOCOL.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| parameter | meaning |")
	table, _, _ = strings.Cut(table, "\n\n")
	listed := map[string]bool{}
	for _, row := range strings.Split(table, "\n") {
		head, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, m := range regexp.MustCompile("`(\\w+)=").FindAllStringSubmatch(head, -1) {
			listed[m[1]] = true
			if _, known := requestParameters[m[1]]; !known {
				t.Errorf("the table has %s, which is refused", m[1])
			}
		}
	}
	for name := range requestParameters {
		if !listed[name] {
			t.Errorf("the table lacks %s", name)
		}
	}
	_, rest, _ := strings.Cut(string(text), "## REST")
	for path, parameters := range map[string]Parameters{"/api/bars": barsParameters, "/api/symbols": SymbolsParameters} {
		rows := ""
		for _, row := range strings.Split(rest, "\n") {
			if strings.HasPrefix(row, "| `GET "+path) {
				rows += row
			}
		}
		for name := range parameters {
			if !regexp.MustCompile("[?&`]" + name + "[=`]").MatchString(rows) {
				t.Errorf("the rows of %s lack %s", path, name)
			}
		}
		for _, m := range regexp.MustCompile("[?&]([a-z]+)=").FindAllStringSubmatch(rows, -1) {
			if _, known := parameters[m[1]]; !known {
				t.Errorf("the rows of %s have %s, which is refused", path, m[1])
			}
		}
	}
}
