package dashboard

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tickertape/broadcast/admission"
)

func TestSymbolsAreNamedUpToABound(t *testing.T) {
	s := serveWith(t, func(c *terms) { c.MaxSymbols = 3 })
	for query, want := range map[string]int{"AAPL,APP,MSFT": 200, "AAPL,AAPL,AAPL,AAPL": 200, "a,b,c,d": 400, "*": 200, "*,a,b,c": 400} {
		answer, body := fetch(t, s.url+"/api/symbols?symbols="+query)
		if answer.StatusCode != want || want == 400 && !strings.Contains(body, `"too_many_symbols"`) {
			t.Errorf("%s: %s %s, want %d", query, answer.Status, body, want)
		}
	}
}

func TestKeysOfASymbolAreInTheProtocol(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "broadcast", "PROTOCOL.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, row, _ := strings.Cut(string(text), "| `GET /api/symbols?query=")
	row, _, _ = strings.Cut(row, "\n")
	record := reflect.TypeFor[symbolRecord]()
	for i := range record.NumField() {
		key, _, _ := strings.Cut(record.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(row, `"`+key+`":`) {
			t.Errorf("PROTOCOL.md does not have the key %s of a symbol", key)
		}
	}
}

// pieces notes the writes of an answer.
type pieces struct {
	http.ResponseWriter
	all     [][]byte
	longest int
}

func (p *pieces) Header() http.Header { return http.Header{} }
func (p *pieces) WriteHeader(int)     {}
func (p *pieces) Write(b []byte) (int, error) {
	p.all = append(p.all, bytes.Clone(b))
	p.longest = max(p.longest, len(b))
	return len(b), nil
}

func TestSymbolsAreWrittenInSlices(t *testing.T) {
	s := serveWith(t, func(c *terms) {
		c.more = 1000
		c.Limits.Total.AtOnce = 1
	})
	var p pieces
	req, _ := http.NewRequest(http.MethodGet, s.url+"/api/symbols?symbols=*", nil)
	s.public.http.Handler.ServeHTTP(&p, req)
	if len(p.all) != 17 || p.longest > 64*250 {
		t.Errorf("written in %d pieces of up to %d bytes, want slices of 64 records", len(p.all), p.longest)
	}
	if whole := string(bytes.Join(p.all, nil)); strings.Count(whole, `"symbol":`) != 1007 ||
		!strings.HasPrefix(whole, `{"symbols":[{"symbol":"AAPL"`) || !strings.HasSuffix(whole, "}]}\n") {
		t.Errorf("answered %.200s", whole)
	}
	for _, path := range []string{"/api/symbols?query=more&limit=5", "/api/symbols?symbols=M5,M4,M5"} {
		if answer, _ := fetch(t, s.url+path); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, want its place given back by the one before", path, answer.Status)
		}
		place, _ := s.Admission.Admit(admission.Visitor{}, admission.Answer, nil)
		answer, _ := fetch(t, s.url+path)
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s while another is answered: %s, want 503 with Retry-After", path, answer.Status)
		}
		place.Leave()
	}
}
