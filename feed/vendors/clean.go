package vendors

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// leastPart is how many characters of a key in a row are hidden as the whole key is.
const leastPart = 8

// HasKeys reports whether a source was opened with a key or a password.
func (f *Faults) HasKeys() bool { return len(f.hidden()) > 0 }

// Clean takes all hidden keys out of a text that strangers may read, such as a bug report: whole or cut, in any case, and as they
// stand in an address, in quotation marks or in base64.
func (f *Faults) Clean(text string) string {
	hide := make([]bool, len(text))
	for _, s := range f.hidden() {
		for _, spelling := range s.spellings() {
			markParts(lowered(text), lowered(spelling), hide)
		}
	}
	if !slices.Contains(hide, true) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hide[i]:
			b.WriteByte(text[i])
		case i == 0 || !hide[i-1]:
			b.WriteString("***")
		}
	}
	return b.String()
}

// hidden are the keys that are hidden so far.
func (f *Faults) hidden() []Secret {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.secrets), func(s Secret) bool { return s.text == "" })
}

// spellings are the ways in which somebody may repeat the key.
func (s Secret) spellings() []string {
	quoted := strconv.Quote(s.text)
	return []string{s.text, url.QueryEscape(s.text), url.PathEscape(s.text), quoted[1 : len(quoted)-1],
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s.text)), "=")}
}

// markParts marks the bytes of a text that are the whole of a key or, of a long one, a part of it.
func markParts(text, key string, marks []bool) {
	n := min(leastPart, len(key))
	parts := make(map[string]bool, len(key))
	for i := range len(key) - n + 1 {
		parts[key[i:i+n]] = true
	}
	for i := range len(text) - n + 1 {
		if parts[text[i:i+n]] {
			for j := i; j < i+n; j++ {
				marks[j] = true
			}
		}
	}
}

// lowered is a text with the small letters of ASCII in place of its capitals. Its length stays the same.
func lowered(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
