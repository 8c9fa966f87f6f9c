package house

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The bounds. A tab is one column, as editors and linters count it when nobody tells them otherwise.
const (
	mostColumns     = 140
	mostLines       = 80 // of a function, its first and last line included
	mostFields      = 20 // of a struct
	longText        = 60 // bytes of a literal in a test, beyond which it may stand on a line of any length
	mostMethodFiles = 3  // files that have methods of a type, but tests; variants of a file for different systems are one
)

// tables are structs that have a field for each thing there is, and so may have any number.
var tables = map[string]string{
	"feed/market.Quote":            "a field for each key of a quote",
	"feed/vendors/alpaca.message":  "a field for each key of all Alpaca's messages",
	"feed/vendors/binance.message": "a field for each key of all Binance's messages",
	"feed/vendors/coinbase.fields": "a field for each key of all Coinbase's messages",
	"cmd/tickertape/bench.Report":  "a field for each figure, and so for each key of the JSON",
}

// An oversize is what is too large.
type oversize struct {
	kind string // lines: of a room, too many columns; function, struct, methods: of a room and a name in it
	name string
}

func (o oversize) String() string { return o.kind + " " + o.name }

func TestNothingIsTooLarge(t *testing.T) {
	found := measure(source(t))
	for _, o := range slices.SortedFunc(maps.Keys(found), func(a, b oversize) int { return strings.Compare(a.String(), b.String()) }) {
		t.Error(strings.TrimSpace(found[o]))
	}
}

func TestTablesAreThere(t *testing.T) {
	structs := map[string]bool{}
	for _, f := range source(t) {
		for name := range f.structs() {
			structs[f.room+"."+name] = true
		}
	}
	for name := range tables {
		if !structs[name] {
			t.Errorf("there is no struct %s: remove it from tables", name)
		}
	}
}

// measure finds what is too large, and says how large it is.
func measure(all []goFile) map[oversize]string {
	found := map[oversize]string{}
	methods := map[string][]string{} // files by type
	for _, f := range all {
		for _, n := range f.longLines() {
			o := oversize{"lines", f.room}
			found[o] += fmt.Sprintf("%s:%d: more than %d columns\n", f.name, n, mostColumns)
		}
		for name, n := range f.structs() {
			if full := f.room + "." + name; n > mostFields && tables[full] == "" {
				found[oversize{"struct", full}] = fmt.Sprintf("%s: the struct %s has %d fields, more than %d", f.name, name, n, mostFields)
			}
		}
		for _, decl := range f.tree.Decls {
			fn, isFunction := decl.(*ast.FuncDecl)
			if !isFunction {
				continue
			}
			name := fn.Name.Name
			if receiver := receiverOf(fn); receiver != "" {
				full := f.room + "." + receiver
				if file := withoutSystem(f.name); !f.test && !slices.Contains(methods[full], file) {
					methods[full] = append(methods[full], file)
				}
				name = receiver + "." + name
			}
			if n := files.Position(fn.End()).Line - files.Position(fn.Pos()).Line + 1; n > mostLines {
				found[oversize{"function", f.room + "." + name}] = fmt.Sprintf("%s: %s has %d lines, more than %d", f.name, name, n, mostLines)
			}
		}
	}
	for name, in := range methods {
		if len(in) > mostMethodFiles {
			found[oversize{"methods", name}] = fmt.Sprintf("%s has methods in %d files, more than %d: %s",
				name, len(in), mostMethodFiles, strings.Join(in, ", "))
		}
	}
	return found
}

// longLines are the numbers of the lines that are too long. In tests, a line may be as long as the text in it: a message
// as it was recorded can then be found.
func (f goFile) longLines() (numbers []int) {
	texts := map[int]bool{} // lines of tests with long text
	if f.test {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if text, is := n.(*ast.BasicLit); is && len(text.Value) > longText {
				for n := files.Position(text.Pos()).Line; n <= files.Position(text.End()).Line; n++ {
					texts[n] = true
				}
			}
			return true
		})
	}
	n := 0
	for line := range strings.Lines(f.text) {
		n++
		if utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) > mostColumns && !texts[n] {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// structs are the fields of each struct that has a name; an embedded one counts as one.
func (f goFile) structs() map[string]int {
	all := map[string]int{}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		spec, isType := n.(*ast.TypeSpec)
		if !isType {
			return true
		}
		if s, isStruct := spec.Type.(*ast.StructType); isStruct {
			fields := 0
			for _, field := range s.Fields.List {
				fields += max(1, len(field.Names))
			}
			all[spec.Name.Name] = fields
		}
		return true
	})
	return all
}

// receiverOf is the type that a method is of, "" for a function.
func receiverOf(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	receiver := fn.Recv.List[0].Type
	for {
		switch t := receiver.(type) {
		case *ast.StarExpr:
			receiver = t.X
		case *ast.ParenExpr:
			receiver = t.X
		case *ast.IndexExpr: // one type parameter
			receiver = t.X
		case *ast.IndexListExpr:
			receiver = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// withoutSystem is a file's name without the system that it is for.
func withoutSystem(name string) string {
	name = strings.TrimSuffix(name, ".go")
	for _, system := range []string{"_linux", "_unix", "_windows", "_other"} {
		name = strings.TrimSuffix(name, system)
	}
	return name + ".go"
}
