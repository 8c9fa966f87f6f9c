package house

import (
	"go/ast"
	"testing"
)

// TestDurationsAreMeasuredByTheMonotonicClock forbids what measures them by a clock that somebody can set: nanoseconds since 1970,
// which are of no other use here. Whoever keeps a time as a number keeps the duration since another one.
func TestDurationsAreMeasuredByTheMonotonicClock(t *testing.T) {
	for _, f := range source(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is && s.Sel.Name == "UnixNano" {
				t.Errorf("%v: UnixNano follows when the machine's clock is set; keep a time.Time, or a duration since one", files.Position(n.Pos()))
			}
			return true
		})
	}
}
