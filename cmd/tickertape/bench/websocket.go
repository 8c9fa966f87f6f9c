package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

// subprotocol is the one of PROTOCOL.md.
const subprotocol = "tickertape.v1.json"

// decoder takes the bytes of a connection apart.
type decoder interface {
	// feed takes the next bytes. Its errors are endings.
	feed(b []byte) error
}

// opened is a stream that has begun.
type opened struct {
	decoder
	early      []byte // what has been read of it already
	states     int    // how many it begins with: snapshots, and histories of bars and trades
	compressed bool   // both sides have agreed to
}

// openWebSocket shakes hands and asks. The connection's deadline holds for it.
func openWebSocket(c net.Conn, t *target, a ask, compress bool, to listener) (opened, error) {
	u := url.URL{Scheme: "ws", Host: t.host(), Path: t.base.Path + "/ws"}
	var messages [][]byte
	if u.RawQuery = a.query(); len(u.RawQuery) > longQuery {
		u.RawQuery = strings.Join(a.series(), "&")
		messages = a.messages()
	}
	var refusal *ending
	d := ws.Dialer{
		Protocols: []string{subprotocol},
		Header:    ws.HandshakeHeaderHTTP(t.header()),
		OnStatusError: func(status int, _ []byte, answer io.Reader) {
			refusal = refused(status, "", "")
			if r, err := http.ReadResponse(bufio.NewReader(answer), nil); err == nil {
				refusal = refusalIn(r)
			}
		},
	}
	if compress {
		// Without context, so that one unpacker serves all connections.
		offer := wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}
		d.Extensions = []httphead.Option{offer.Option()}
	}
	reader, hands, err := d.Upgrade(c, &u)
	if refusal != nil {
		return opened{}, refusal
	}
	if err != nil {
		return opened{}, fmt.Errorf("shake hands: %w", err)
	}
	o := opened{states: a.states(len(messages))}
	if reader != nil {
		early, _ := reader.Peek(reader.Buffered())
		o.early = append(o.early, early...)
		ws.PutReader(reader)
	}
	f := &frames{to: to}
	for _, e := range hands.Extensions {
		var agreed wsflate.Parameters
		if err := agreed.Parse(e); err != nil || !agreed.ServerNoContextTakeover {
			return opened{}, broken("shake hands: the server compresses as was not offered: %s", e.String())
		}
		f.inflate, o.compressed = &inflater{}, true
	}
	o.decoder = f
	for _, m := range messages {
		if err := ws.WriteFrame(c, ws.MaskFrameInPlace(ws.NewTextFrame(m))); err != nil {
			return opened{}, fmt.Errorf("subscribe: %w", err)
		}
	}
	return o, nil
}

// refusalIn reads an answer that is not the one wanted.
func refusalIn(r *http.Response) *ending {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 4<<10)) // the status says enough
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &problem) != nil {
		problem.Detail = fmt.Sprintf("%.200s", strings.TrimSpace(string(body)))
	}
	return refused(r.StatusCode, problem.Detail, r.Header.Get("Retry-After"))
}
