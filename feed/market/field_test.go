package market

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestTableOfFieldsIsWhole(t *testing.T) {
	values := map[any]string{} // where a field is kept, by which
	var q Quote
	for i := range fields {
		f := &fields[i]
		if f.Bit != 1<<i {
			t.Errorf("row %d (%s) has the bit %b, want that of its place", i, f.Key, f.Bit)
		}
		switch f.Value(&q).(type) {
		case *Price, *Quantity, *Time, *State, *uint64, *string:
		default:
			t.Errorf("%s is a %T, which nothing encodes", f.Key, f.Value(&q))
		}
		if other, twice := values[f.Value(&q)]; twice {
			t.Errorf("%s and %s are kept in one place", f.Key, other)
		}
		values[f.Value(&q)] = f.Key
		if found, ok := FieldOf(f.Key); !ok || found != f {
			t.Errorf("FieldOf(%q) is another", f.Key)
		}
	}
}

func TestFieldsAreMergedAndComparedOneByOne(t *testing.T) {
	for f := range AllFields.All() {
		var full, q Quote
		set := reflect.ValueOf(f.Value(&full)).Elem()
		switch set.Kind() {
		case reflect.String:
			set.SetString("x")
		case reflect.Struct:
			f.Value(&full).(*Quantity).lo = 7
		case reflect.Int64:
			set.SetInt(7)
		default:
			set.SetUint(1)
		}
		full.Set = f.Bit
		if got := q.Changes(&full); got != f.Bit {
			t.Errorf("%s came: %b has changed, want %b", f.Key, got, f.Bit)
		}
		q.Set = f.Bit
		if got := q.Changes(&full); got != f.Bit {
			t.Errorf("%s is another: %b has changed, want %b", f.Key, got, f.Bit)
		}
		if q.Merge(&full); q != full {
			t.Errorf("%s merged is %+v, want %+v", f.Key, q, full)
		}
		if got := q.Changes(&full); got != 0 {
			t.Errorf("%s merged: %b has changed, want nothing", f.Key, got)
		}
	}
}

// A key that the table has is described in the protocol, and known to the client library; and the other way round.
func TestFieldsAreThoseOfProtocolAndClient(t *testing.T) {
	root := filepath.Join("..", "..")
	protocol, err := os.ReadFile(filepath.Join(root, "broadcast", "PROTOCOL.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := append([]string{"s"}, FieldKeys()...)
	_, table, _ := strings.Cut(string(protocol), "| key | meaning | type and unit |")
	table, _, _ = strings.Cut(table, "\n\n")
	compare(t, "the first table of PROTOCOL.md", want, cells(table))

	var client string
	filepath.WalkDir(filepath.Join(root, "dashboard", "client", "src"), func(path string, _ os.DirEntry, _ error) error {
		if text, err := os.ReadFile(path); err == nil && client == "" &&
			strings.Contains(string(text), "export interface Quote {\n  readonly s:") {
			client = string(text)
		}
		return nil
	})
	_, client, _ = strings.Cut(client, "export interface Quote {")
	client, _, _ = strings.Cut(client, "}")
	var keys []string
	for _, m := range regexp.MustCompile(`readonly (\w+)\??:`).FindAllStringSubmatch(client, -1) {
		keys = append(keys, m[1])
	}
	compare(t, "the client library's Quote", want, keys)
}

// cells are the words in the first column of a table.
func cells(table string) (words []string) {
	for line := range strings.Lines(table) {
		parts := strings.Split(line, "|")
		if len(parts) < 3 || strings.Contains(parts[1], "-") {
			continue
		}
		for word := range strings.SplitSeq(parts[1], ",") {
			words = append(words, strings.TrimSpace(word))
		}
	}
	return words
}

func compare(t *testing.T, where string, want, got []string) {
	t.Helper()
	has := map[string]bool{}
	for _, key := range got {
		has[key] = true
	}
	for _, key := range want {
		if !has[key] {
			t.Errorf("%s lacks %q", where, key)
		}
		delete(has, key)
	}
	for key := range has {
		t.Errorf("%s has %q, which no field has", where, key)
	}
}
