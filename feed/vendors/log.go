package vendors

// Keys of what vendors log.
const (
	KeySource  = "source"
	KeyURL     = "url"
	KeyKind    = "kind"
	KeyError   = "error"
	KeySymbol  = "symbol"
	KeySymbols = "symbols"
	KeyCount   = "count"
	KeyChannel = "channel"
	KeyState   = "state"
	KeyCode    = "code"
	KeyReason  = "reason"
	KeyRate    = "rate"
)
