package house

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// speakers are the rooms that write what clients read, and read what clients write.
var speakers = []string{"broadcast", "broadcast/wire", "dashboard"}

// keyNeighbours are rooms whose names stand in messages, too: the keys of quotes.
var keyNeighbours = append([]string{"feed/market"}, speakers...)

var (
	jsonKey  = regexp.MustCompile(`"([a-z_]+)":`)          // in JSON, or in text that becomes JSON
	jsonTag  = regexp.MustCompile(`\bjson:"([a-z_]+)[",]`) // of a field
	quoted   = regexp.MustCompile("`\"?([a-z_]+)\"?[`:=]") // in prose
	rowHead  = regexp.MustCompile(`(?m)^\| ([a-z, ]+) \|`) // of a table of keys
	wordOnly = regexp.MustCompile(`^[a-z_]+$`)
)

// matchesOf adds what a pattern captures.
func matchesOf(pattern *regexp.Regexp, text string, into map[string]bool) {
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		into[m[1]] = true
	}
}

// literals are all strings of the rooms' files without their tests, by where they stand.
func literals(t *testing.T, rooms []string) map[string][]string {
	all := map[string][]string{}
	for _, f := range source(t) {
		if f.test || !slices.Contains(rooms, f.room) {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if lit, is := n.(*ast.BasicLit); is && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					panic(err) // it has been parsed
				}
				at := files.Position(lit.Pos()).String()
				all[at] = append(all[at], text)
			}
			return true
		})
	}
	return all
}

// Every key of a message or of an answer is in PROTOCOL.md, and every key of its examples is in the code.
func TestKeysAreThoseOfTheProtocol(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "broadcast", "PROTOCOL.md"))
	if err != nil {
		t.Fatal(err)
	}
	protocol := string(text)
	examples, documented := map[string]bool{}, map[string]bool{}
	matchesOf(jsonKey, protocol, examples)
	maps.Copy(documented, examples)
	matchesOf(quoted, protocol, documented)
	for _, m := range rowHead.FindAllStringSubmatch(protocol, -1) {
		for _, key := range strings.Split(m[1], ", ") {
			documented[key] = true
		}
	}
	written := 0
	for at, all := range literals(t, speakers) {
		for _, text := range all {
			keys := map[string]bool{}
			matchesOf(jsonKey, text, keys)
			matchesOf(jsonTag, text, keys)
			for key := range keys {
				if written++; !documented[key] {
					t.Errorf("%s: PROTOCOL.md has no key %q", at, key)
				}
			}
		}
	}
	if written < 100 {
		t.Errorf("only %d keys were found in the code: the test looks in the wrong place", written)
	}
	inCode := map[string]bool{}
	for _, all := range literals(t, keyNeighbours) {
		for _, text := range all {
			matchesOf(jsonKey, text, inCode)
			matchesOf(jsonTag, text, inCode)
			if wordOnly.MatchString(text) {
				inCode[text] = true
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(examples)) {
		if !inCode[key] {
			t.Errorf("PROTOCOL.md has the key %q, which is not in the code", key)
		}
	}
}
