package dashboard

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
)

// comeBackAfter is when a client whose connection was turned away may try again. One whose request was refused may
// sooner: see leastRetry.
const comeBackAfter = 5 * time.Second

// turnAway answers a connection that is not served, and closes it. It does not wait: the answer fits into the empty
// buffer of a new socket.
func turnAway(c net.Conn, reason admission.Reason) {
	defer c.Close()
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	answerAtOnce(tcp, refusalOf(reason))
}

// refusalOf is the answer to a connection that is not served: 429 when it is one of too many of its address, 503 when all
// together are too many, 431 when its header has too many lines. Of the headers that secure sets it has the one that
// matters for a problem.
func refusalOf(reason admission.Reason) []byte {
	p := problemOf(&admission.Refusal{Reason: reason, Retry: comeBackAfter})
	if reason == admission.ReasonHeader {
		p = problem{Status: http.StatusRequestHeaderFieldsTooLarge, Code: wire.BadRequest.String(),
			Detail: fmt.Sprintf("header: has more than %d lines", mostLines)}
	}
	p.Title = http.StatusText(p.Status)
	body, _ := json.Marshal(p) // text always encodes
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nX-Content-Type-Options: nosniff\r\n"+
		"Cache-Control: no-store\r\nRetry-After: %d\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		p.Status, p.Title, int(comeBackAfter.Seconds()), len(body), body)
}
