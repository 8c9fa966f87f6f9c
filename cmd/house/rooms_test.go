package house

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A room is a package and the packages of this module that it may import. A name that ends in /* is all folders in one.
type room struct {
	name    string
	imports []string
	reason  string // what the room is, and so why it needs no more
}

// rooms are all packages, the lowest first: each imports only from above it in this list.
var rooms = []room{
	{"feed/market", nil, "what is traded and told of it: under all, so it knows nobody"},
	{"feed/calendar", []string{"feed/market"}, "the hours of markets, which sources and their consolidation ask for"},
	{"feed", []string{"feed/market"}, "what a source is and how it is supervised; it knows no source"},
	{"feed/recording", []string{"feed", "feed/market"}, "a file format: who records or plays brings the ticks"},
	{"feed/sim", []string{"feed", "feed/market"}, "a source without a vendor"},
	{"feed/vendors", []string{"feed", "feed/market", "feed/calendar"},
		"what vendors have in common; it knows no vendor"},
	{"feed/vendors/*", []string{"feed", "feed/market", "feed/calendar", "feed/vendors"},
		"a vendor each, and none knows another"},
	{"feed/relay", []string{"feed", "feed/market", "feed/vendors"},
		"another tickertape is dialled as vendors are; it has its own reader of the protocol"},
	{"feed/check", []string{"feed", "feed/market", "feed/calendar", "feed/vendors"},
		"looks on while a feed runs; it knows no vendor"},
	{"feed/replay", []string{"feed", "feed/market", "feed/calendar", "feed/recording", "feed/vendors"},
		"plays recordings; decoders of raw ones are handed to it"},
	{"feed/consolidate", []string{"feed", "feed/market", "feed/calendar"},
		"one feed of many sources, whatever they are"},

	{"broadcast/history", []string{"feed/market"}, "bars and trades of a symbol, of ticks alone"},
	{"broadcast/board", []string{"feed/market", "broadcast/history"},
		"the newest values; it knows neither subscribers nor encodings"},
	{"broadcast/wire", []string{"feed/market", "broadcast/history", "broadcast/board"},
		"requests in, values out, as PROTOCOL.md has them; no sockets"},
	{"broadcast/conn", nil, "sockets and frames: bytes, whatever they mean"},
	{"broadcast/admission", nil, "who gets in: addresses, budgets and reasons, whatever is asked for"},
	{"broadcast", []string{"feed/market", "broadcast/history", "broadcast/board", "broadcast/wire", "broadcast/conn", "broadcast/admission"},
		"the hub; ticks are handed to it, and who serves HTTP calls it"},

	{"dashboard", []string{"feed/market", "broadcast", "broadcast/*"},
		"the HTTP server; where ticks come from is not its business"},

	{"cmd/tickertape/attack", nil, "hostile clients know what a stranger knows"},
	{"cmd/tickertape/bench", everyRoom, "it measures, so it may know the defaults of any room"},
	{"cmd/tickertape", append(everyRoom, "cmd/tickertape/bench"),
		"it wires all rooms to each other, and nobody imports it"},
	{"cmd/house", nil, "it reads the source and runs none of it"},
}

// everyRoom is every package but those that are below cmd.
var everyRoom = []string{"feed", "feed/*", "feed/vendors/*", "broadcast", "broadcast/*", "dashboard"}

// doubles are the rooms that only tests import. They are no part of the program and may import what tests need.
var doubles = map[string]string{
	"broadcast/conn/conntest":        "what tests of connections share: a client's frames, and connections in memory",
	"feed/vendors/vendortest":        "a vendor's server that misbehaves, and what tests of all vendors check",
	"feed/vendors/alpaca/alpacatest": "Alpaca's server, for its own tests and for the binary's",
}

// testsImport is what tests may import beyond what their room does.
var testsImport = map[string][]string{
	"feed/consolidate": {"broadcast/board", "broadcast/history"}, // what its trades add up to, in quotes and in bars
	"feed/replay":      {"broadcast/board", "broadcast/history"}, // the same, in each round of a loop
	// the relay follows a real server
	"feed/relay":     {"feed/consolidate", "feed/calendar", "broadcast", "broadcast/*", "dashboard"},
	"dashboard":      {"feed"},                  // what a source is called
	"cmd/tickertape": {"cmd/tickertape/attack"}, // TestAttack runs it
}

// webSocket is deprecated by its authors in favour of another path, so few may import it: the room that accepts
// WebSockets and what dials vendors, with their tests' clients and servers.
const webSocket = "nhooyr.io/websocket"

var webSocketRooms = []string{"broadcast/conn", "feed/vendors", "feed/vendors/vendortest"}

// webSocketTests are the rooms whose tests alone have a client of their own.
var webSocketTests = []string{"broadcast", "broadcast/conn", "cmd/tickertape"}

// netHTTP answers requests. That is the dashboard's business: these rooms import it only in tests, whose servers mount
// what they test.
const netHTTP = "net/http"

var withoutHTTP = []string{"broadcast", "broadcast/board", "broadcast/history", "feed/market", "feed/consolidate", "feed/sim"}

// An arrow is an import: from a room to another, or to [webSocket] or [netHTTP].
type arrow struct{ from, to string }

func (a arrow) String() string { return a.from + " imports " + a.to }

func TestRoomsImportDownwards(t *testing.T) {
	if err := checkRooms(rooms); err != nil {
		t.Error(err)
	}
	unknown := map[string]bool{}
	for _, f := range source(t) {
		_, double := doubles[f.room]
		if _, known := roomOf(f.room); !known && !double {
			unknown[f.room] = true
			continue
		}
		for _, to := range f.imports() {
			if !f.allows(to) {
				t.Errorf("%s: %v, which rooms in cmd/house/rooms_test.go does not allow", f.name, arrow{f.room, to})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		t.Errorf("%s is no room: give it a place in rooms in cmd/house/rooms_test.go, with what it may import and why", name)
	}
}

func TestTableOfRoomsForbids(t *testing.T) {
	for _, a := range []arrow{
		{"feed/market", "feed"},
		{"feed", "feed/sim"},
		{"feed/relay", "broadcast"},
		{"feed/vendors/kraken", "feed/vendors/binance"},
		{"feed/vendors/kraken", "feed/vendors/vendortest"},
		{"broadcast/history", "broadcast/board"},
		{"broadcast/board", "broadcast/wire"},
		{"broadcast/conn", "feed/market"},
		{"broadcast/admission", "broadcast"},
		{"broadcast", "dashboard"},
		{"broadcast", "feed"},
		{"dashboard", "feed/sim"},
		{"dashboard", "cmd/tickertape"},
		{"cmd/tickertape", "cmd/tickertape/attack"},
		{"cmd/tickertape/bench", webSocket},
		{"feed/relay", webSocket},
		{"broadcast", netHTTP},
		{"broadcast/board", netHTTP},
	} {
		if (goFile{room: a.from}).allows(a.to) {
			t.Errorf("it allows that %v", a)
		}
	}
}

// checkRooms finds an entry that allows what is not above it in the list.
func checkRooms(rooms []room) error {
	above := []string{}
	for _, r := range rooms {
		for _, name := range r.imports {
			if !slices.Contains(above, name) && !(strings.HasSuffix(name, "/*") && matchesAny(name, above)) {
				return fmt.Errorf("rooms: %s may import %s, which is not above it", r.name, name)
			}
		}
		above = append(above, r.name)
	}
	return nil
}

// matchesAny reports whether one of names is in a folder.
func matchesAny(folder string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return matches(folder, name) })
}

// matches reports whether a name of the table stands for a package.
func matches(entry, name string) bool {
	same, err := path.Match(entry, name)
	return err == nil && same || entry == name
}

// roomOf finds a package's room.
func roomOf(name string) (room, bool) {
	for _, r := range rooms {
		if matches(r.name, name) {
			return r, true
		}
	}
	return room{}, false
}

// imports are the packages of this module that a file imports, by folder, [webSocket] and [netHTTP].
func (f goFile) imports() []string {
	var all []string
	for _, spec := range f.tree.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // it has been parsed
		}
		if within, ours := strings.CutPrefix(name, module+"/"); ours {
			all = append(all, within)
		} else if name == webSocket || strings.HasPrefix(name, webSocket+"/") {
			all = append(all, webSocket)
		} else if name == netHTTP {
			all = append(all, netHTTP)
		}
	}
	return all
}

// allows reports whether a file may import a package.
func (f goFile) allows(to string) bool {
	if to == webSocket {
		return slices.Contains(webSocketRooms, f.room) || f.test && slices.Contains(webSocketTests, f.room)
	}
	if to == netHTTP {
		return f.test || !slices.Contains(withoutHTTP, f.room)
	}
	if to == f.room { // an external test
		return f.test
	}
	if _, double := doubles[f.room]; double {
		return !strings.HasPrefix(to, "cmd/")
	}
	if _, double := doubles[to]; double {
		return f.test
	}
	r, _ := roomOf(f.room)
	allowed := r.imports
	if f.test {
		allowed = slices.Concat(allowed, testsImport[f.room])
	}
	return slices.ContainsFunc(allowed, func(entry string) bool { return matches(entry, to) })
}
