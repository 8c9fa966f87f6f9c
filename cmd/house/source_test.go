package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the module's folder, and module its path.
const (
	root   = "../.."
	module = "tickertape"
)

// goFile is one Go file of this module, of whatever system.
type goFile struct {
	name string // from the root, with slashes
	room string // the folder that it is in; "." is the root
	test bool
	text string
	tree *ast.File
}

var (
	files   = token.NewFileSet()
	goFiles = sync.OnceValues(readGoFiles)
)

// source is every Go file that belongs to the module, those of nested modules left out.
func source(t *testing.T) []goFile {
	t.Helper()
	all, err := goFiles()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readGoFiles() (all []goFile, err error) {
	return all, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(path, entry.Name())
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		tree, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		room := strings.TrimSuffix(name[:strings.LastIndexByte("/"+name, '/')], "/")
		if room == "" {
			room = "."
		}
		all = append(all, goFile{name, room, strings.HasSuffix(name, "_test.go"), string(text), tree})
		return nil
	})
}

// skip leaves out folders that hold no Go source of this module.
func skip(path, name string) error {
	if path == root {
		return nil
	}
	if name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}
