package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// asset is one file of the built page.
type asset struct {
	kind    string // media type
	tag     string // ETag
	cache   string
	plain   []byte
	gzipped []byte // nil where that saves nothing
}

// assets are all of them, by path.
type assets map[string]asset

// loadAssets compresses them once, however many servers there are.
var loadAssets = sync.OnceValues(newAssets)

// newAssets loads the page. Without a built one there is a page that says how to build it.
func newAssets() (assets, error) {
	files := assets{}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		b, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		files.add(strings.TrimPrefix(name, "dist"), b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load the page: %w", err)
	}
	index, built := files["/index.html"]
	if !built {
		files.add("/index.html", []byte("<!doctype html><title>tickertape</title>"+
			"<p>The page is not built into this binary: run <code>make build</code>.\n"))
		index = files["/index.html"]
	}
	files["/"] = index
	if icon, ok := files["/icon.svg"]; ok {
		files["/favicon.ico"] = icon // which browsers ask for where a text names none
	}
	return files, nil
}

func (a assets) add(name string, b []byte) {
	f := asset{kind: mime.TypeByExtension(path.Ext(name)), plain: b, cache: "no-cache"}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	f.tag = fmt.Sprintf(`"%x"`, sha256.Sum256(b))[:18] + `"`
	if strings.HasPrefix(name, "/assets/") { // their names hold a hash of what is in them
		f.cache = "public, max-age=31536000, immutable"
	}
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is a legal one
	w.Write(b)
	w.Close()
	if z.Len() < len(b)*9/10 {
		f.gzipped = z.Bytes()
	}
	a[name] = f
}

// body is the file as the request takes it.
func (f *asset) body(r *http.Request) []byte {
	if f.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return f.gzipped
	}
	return f.plain
}

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a[r.URL.Path]
	if !ok {
		notFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", f.tag)
	h.Add("Vary", "Accept-Encoding")
	if strings.HasPrefix(r.URL.Path, "/client/") { // the library is for pages of any origin; what it may ask for is another matter
		h.Set("Access-Control-Allow-Origin", "*")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body(r)
	if len(body) < len(f.plain) {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(body) // a client that has gone needs no answer
}
