package admission

// Reason says why a connection, a request or a message was refused, or a connection cut.
type Reason uint8

// The reasons; reasons says what each is called. From ReasonAddressConnections on they are budgets of a client's own:
// see Refusal.Own.
const (
	ReasonFull Reason = iota
	ReasonDraining
	ReasonMemory
	ReasonHost
	ReasonOrigin
	ReasonBody
	ReasonHeader
	ReasonHeaderTimeout
	ReasonMessageTimeout
	ReasonLeastRate
	ReasonAccept
	ReasonSymbols
	ReasonMessage
	ReasonAdminConnections

	ReasonTotalConnections
	ReasonTotalHandshakes
	ReasonTotalPolls
	ReasonTotalRequests
	ReasonTotalAtOnce
	ReasonTotalWork
	ReasonTotalBytesOut
	ReasonTotalUnfinished

	ReasonAddressConnections
	ReasonAddressHandshakes
	ReasonAddressRequests
	ReasonAddressAtOnce
	ReasonAddressWork
	ReasonAddressBytesOut

	ReasonConnectionMessages
	ReasonConnectionControl
	ReasonConnectionBytesIn
	ReasonConnectionBytesOut
	ReasonConnectionRequests
	ReasonConnectionWork

	reasonCount
)

// reasons is what each is called in metrics, logs and problems, and the key of the configuration that changes
// it. Metrics are public: a name stays.
var reasons = [reasonCount]struct {
	name string
	key  string // "" where there is none
}{
	ReasonFull:           {"full", "broadcast.max_subscribers"},
	ReasonDraining:       {"draining", "drain"},
	ReasonMemory:         {"memory", "broadcast.memory"},
	ReasonHost:           {"host", "hosts"},
	ReasonOrigin:         {"origin", "broadcast.origins"},
	ReasonBody:           {"body", ""},
	ReasonHeader:         {"header", ""},
	ReasonHeaderTimeout:  {"header_timeout", "limits.header_timeout"},
	ReasonMessageTimeout: {"message_timeout", "limits.message_timeout"},
	ReasonLeastRate:      {"least_rate", "limits.least_rate"},
	ReasonAccept:         {"accept", ""},
	ReasonSymbols:        {"max_symbols", "broadcast.max_symbols"},
	ReasonMessage:        {"max_message", "broadcast.max_message"},

	ReasonAdminConnections: {"admin_connections", "admin.connections"},

	ReasonTotalConnections: {"total_connections", "limits.total.connections"},
	ReasonTotalHandshakes:  {"total_handshakes", "limits.total.handshakes"},
	ReasonTotalPolls:       {"total_polls", "limits.total.polls"},
	ReasonTotalRequests:    {"total_requests", "limits.total.requests"},
	ReasonTotalAtOnce:      {"total_at_once", "limits.total.at_once"},
	ReasonTotalWork:        {"total_work", "limits.total.work"},
	ReasonTotalBytesOut:    {"total_bytes_out", "limits.total.bytes_out"},
	ReasonTotalUnfinished:  {"total_unfinished", "limits.total.unfinished"},

	ReasonAddressConnections: {"address_connections", "limits.address.connections"},
	ReasonAddressHandshakes:  {"address_handshakes", "limits.address.handshakes"},
	ReasonAddressRequests:    {"address_requests", "limits.address.requests"},
	ReasonAddressAtOnce:      {"address_at_once", "limits.address.at_once"},
	ReasonAddressWork:        {"address_work", "limits.address.work"},
	ReasonAddressBytesOut:    {"address_bytes_out", "limits.address.bytes_out"},

	ReasonConnectionMessages: {"connection_messages", "limits.connection.messages"},
	ReasonConnectionControl:  {"connection_control", "limits.connection.control"},
	ReasonConnectionBytesIn:  {"connection_bytes_in", "limits.connection.bytes_in"},
	ReasonConnectionBytesOut: {"connection_bytes_out", "limits.connection.bytes_out"},
	ReasonConnectionRequests: {"connection_requests", "limits.connection.requests"},
	ReasonConnectionWork:     {"connection_work", "limits.connection.work"},
}

// String is the reason's name in metrics, logs and problems.
func (r Reason) String() string { return reasons[r].name }

// Key is the key of the configuration that sets the bound, "" where there is none.
func (r Reason) Key() string { return reasons[r].key }
