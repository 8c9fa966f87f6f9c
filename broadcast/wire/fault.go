package wire

import "fmt"

// Fault is what is wrong with a request. The connection that it came by lives on.
type Fault struct {
	Code    Code
	Message string // names the key and the value
}

func (f *Fault) Error() string { return f.Code.String() + ": " + f.Message }

// faultf is a fault whose message is formatted as by [fmt.Sprintf].
func faultf(code Code, format string, args ...any) error {
	return &Fault{code, fmt.Sprintf(format, args...)}
}

// TooMany is the fault of a request that names too many; n is how many were found before it was given up.
func TooMany(key string, n, most int) error {
	return faultf(TooManySymbols, "%s: %d would be followed, more than the %d allowed", key, n, most)
}

// Unknown is the fault of a request for a symbol that the feed does not have.
func Unknown(symbol string) error { return faultf(UnknownSymbol, "symbol: %.40q is unknown", symbol) }
