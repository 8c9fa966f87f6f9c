package dashboard

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPanicsAreLoggedAsErrors(t *testing.T) {
	out := &logged{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh no") }))
	server.Config.ErrorLog = errorLog(slog.New(slog.NewTextHandler(out, nil)))
	server.Start()
	defer server.Close()
	if answer, err := server.Client().Get(server.URL); err == nil {
		answer.Body.Close()
		t.Errorf("answered with %d", answer.StatusCode)
	}
	within(t, timeLimit, "a line", func() bool { return strings.Contains(out.String(), "oh no") })
	if text := out.String(); !strings.HasPrefix(text[strings.Index(text, "level="):], "level=ERROR") {
		t.Errorf("logged %s", text)
	}
	server.Config.ErrorLog.Print("http: TLS handshake error")
	if strings.Contains(out.String(), "TLS") {
		t.Error("what clients do is logged above debug")
	}
}
