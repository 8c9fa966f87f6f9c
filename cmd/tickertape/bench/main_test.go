package bench

import (
	"encoding/pem"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

var refresh = flag.Bool("update", false, "write the golden files anew")

// The test servers' certificate is made one of the machine's, which are read once.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tickertape-bench-test-")
	if err != nil {
		panic(err)
	}
	s := httptest.NewTLSServer(nil)
	path := filepath.Join(dir, "roots.pem")
	err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600)
	s.Close()
	if err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", path)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *refresh {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
