package attack

import (
	"strings"
	"testing"
	"time"
)

func TestARowNamesEachBarThatItIsBeyond(t *testing.T) {
	passed := Row{Under: Gaps{1000, 100, 129, 140}, Peak: 100 << 20, Refused: time.Second, Reasons: []string{"work"}}
	for name, test := range map[string]struct {
		change func(*Row)
		want   string
	}{
		"passed":                      {func(*Row) {}, ""},
		"late":                        {func(r *Row) { r.Under.P99 = 131 }, "p99"},
		"late as honest ones make it": {func(r *Row) { r.Under.P99, r.Beside.P99 = 190, 150 }, ""},
		"silent":                      {func(r *Row) { r.Under = Gaps{} }, "p99"},
		"dropped":                     {func(r *Row) { r.Dropped = 1 }, "1 dropped"},
		"large":                       {func(r *Row) { r.Peak = 400 << 20 }, "400 > 300 MB"},
		"let in":                      {func(r *Row) { r.Reasons = nil }, "not refused"},
		"absorbed":                    {func(r *Row) { r.Reasons, r.Attack.Absorbed = nil, true }, ""},
		"absorbed, refused late":      {func(r *Row) { r.Refused, r.Attack.Absorbed = time.Minute, true }, ""},
		"refused late":                {func(r *Row) { r.Refused = 6 * time.Second }, "refused after 6.0 s"},
	} {
		t.Run(name, func(t *testing.T) {
			row := passed
			test.change(&row)
			got := strings.Join(row.Failures(), ", ")
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			if passed := strings.Contains(Table([]Row{row}), "| passed |"); passed != (test.want == "") {
				t.Errorf("the table says\n%s", Table([]Row{row}))
			}
		})
	}
}
