package board

import "testing"

func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"abc-1", "abc-0", "-1", "abc-", "a-b-1", "abc-01", "abc-18446744073709551616", "abc--1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err == nil && p.String() != s {
			t.Errorf("%q is read as %q", s, p)
		}
	})
}
