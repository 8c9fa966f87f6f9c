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
		} else if c.String() != "" && c != UnknownSymbol { // which a problem of REST alone has
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
