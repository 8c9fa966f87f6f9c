package admission

import "unsafe"

// Cost is what a request costs, known before it is paid.
type Cost struct {
	Work  float64 // units: one is a quote encoded, about a microsecond of one core
	Bytes float64 // of the answer, about
}

// Plus adds two costs.
func (c Cost) Plus(d Cost) Cost { return Cost{c.Work + d.Work, c.Bytes + d.Bytes} }

// What work costs, in units.
const (
	workRequest = 50   // an HTTP request: its header read, its answer written
	workMessage = 10   // a message of a WebSocket client
	workName    = 0.1  // a name looked up
	workListed  = 0.02 // a symbol of a list that is written out, or of a list that changes
	workAwaited = 0.5  // a name that is waited for, when others are waited for than before
	workQuote   = 1    // a quote encoded
	workSeen    = 0.05 // a quote that is looked at and has not changed
	workBar     = 0.4  // a bar or a trade encoded
	workEntry   = 1    // what the directory knows of a symbol
	workSearch  = 0.2  // a symbol compared with a search
	workScrape  = 100  // the metrics, which are gathered once a second
)

// Sizes on the wire, in bytes.
const (
	bytesQuote  = 220
	bytesBar    = 110
	bytesEntry  = 150
	bytesHead   = 400 // the rest of an answer
	bytesName   = 10  // a symbol that an answer to subscribe names
	bytesHeader = 100 // of a request's header, that are read with a unit of work
	bytesRead   = 40  // read of a client, or sent to it, for a unit of work
)

// What is kept in memory, in bytes. They include what Go's collector and allocator need beyond what is used.
const (
	// MemorySubscriber is a stream's: the socket in user space, the subscriber, its budgets.
	MemorySubscriber = 5 << 10
	// MemoryPoll is that of a long poll while it waits: net/http's buffers and a goroutine.
	MemoryPoll = 20 << 10
	// MemoryAnswer is that of a request while it is answered: the same, and a part of the answer.
	MemoryAnswer = 96 << 10
	// MemorySeries is that of one series that a subscriber follows.
	MemorySeries = 128
)

// MemoryList is how many bytes a list of n symbols takes, where the directory has so many altogether. All who follow the list on
// a shard share it.
func MemoryList(n, directory int) int64 {
	const entry = int64(unsafe.Sizeof(uint32(0)))
	return 512 + int64(n)*(2*entry+24) + int64(directory)/8
}

// MemoryNames is how many bytes it takes to wait for n names that are not known yet, of so many bytes altogether. All who wait
// for the same names on a shard share it.
func MemoryNames(n, bytes int) int64 { return 512 + int64(n)*memoryName + int64(bytes) }

// memoryName is what a name takes beside its bytes: what is wanted of it, its entry in a map, its places.
const memoryName = 224

// Request is the cost of any HTTP request.
func Request() Cost { return Cost{Work: workRequest, Bytes: bytesHead} }

// Message is the cost of any message of a WebSocket client, of n bytes when it is unpacked.
func Message(n int) Cost { return Cost{Work: workMessage + float64(n)/bytesRead} }

// Echo is the cost of sending back n bytes of what a client sent.
func Echo(n int) Cost { return Cost{Work: float64(n) / bytesRead, Bytes: float64(n)} }

// Names is the cost of looking up names, some of which are lists that have so many symbols.
func Names(names, listed int) Cost {
	return Cost{Work: float64(names)*workName + float64(listed)*workListed, Bytes: float64(listed) * bytesName}
}

// Quotes is the cost of sending the quotes of n symbols; of those alone that changed, when resumed.
func Quotes(n int, resumed bool) Cost {
	if resumed {
		return Cost{Work: float64(n) * workSeen * 2, Bytes: float64(n) * bytesQuote / 10}
	}
	return Cost{Work: float64(n) * workQuote, Bytes: float64(n) * bytesQuote}
}

// Rewatch is the cost of following another list of n symbols than before.
func Rewatch(n int) Cost { return Cost{Work: float64(n) * workListed} }

// Await is the cost of waiting for other names than before, n altogether.
func Await(n int) Cost { return Cost{Work: float64(n) * workAwaited} }

// Bars is the cost of sending n bars or trades.
func Bars(n int) Cost { return Cost{Work: float64(n) * workBar, Bytes: float64(n) * bytesBar} }

// SymbolEntries is the cost of sending what the directory knows of n symbols.
func SymbolEntries(n int) Cost {
	return Cost{Work: float64(n) * workEntry, Bytes: float64(n) * bytesEntry}
}

// Search is the cost of a search among n symbols.
func Search(n int) Cost { return Cost{Work: float64(n) * workSearch} }

// Scrape is the cost of the metrics.
func Scrape() Cost { return Cost{Work: workScrape, Bytes: 64 << 10} }

// Asset is the cost of a file of n bytes.
func Asset(n int) Cost { return Cost{Work: float64(n) / 8192, Bytes: float64(n)} }
