package conn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// CloseTimeout is how long a client that is sent away may take to answer.
const CloseTimeout = 2 * time.Second

// Close is how a connection ends, as the close frame of a WebSocket has it (RFC 6455, section 7.4). As an error it is
// what Owner.Closed gets where the client has closed, or has broken the protocol.
type Close struct {
	Code   int    // 1000 to 4999; NoCode is a close frame without one, and 0 no close frame at all
	Reason string // UTF-8, at most 123 bytes
	Peer   bool   // the client has sent a close frame; Code is what to answer it with
}

// Close codes that this package sends by itself (RFC 6455, section 7.4.1).
const (
	ProtocolError = 1002
	Unsupported   = 1003 // a message that is not text
	NoCode        = 1005 // is never sent
	BadPayload    = 1007 // text that is not UTF-8, or a damaged compressed message
	TooBig        = 1009
)

// Error names the code and the reason.
func (c Close) Error() string { return fmt.Sprintf("conn: closed with %d %q", c.Code, c.Reason) }

// Why a connection cannot go on, where it is not a Close.
var (
	ErrHungUp     = errors.New("conn: the client has left")
	ErrBroken     = errors.New("conn: the connection is broken")
	ErrStalled    = errors.New("conn: the client has taken nothing for the write timeout")
	ErrUnfinished = errors.New("conn: a message took too long to come")
	ErrBytes      = errors.New("conn: the client has sent too many bytes")
	ErrControl    = errors.New("conn: the client has sent too many pings, pongs or fragments")
	ErrUnsent     = errors.New("conn: no memory for what the client has not taken")
	ErrUnread     = errors.New("conn: no memory for a message of the client")
	ErrBusy       = errors.New("conn: written before it was writable")
)

func broken(reason string) *Close { return &Close{Code: ProtocolError, Reason: reason} }

// answerTo reads the payload of a client's close frame: it is the close to answer it with.
func answerTo(payload []byte) Close {
	if len(payload) == 0 {
		return Close{Code: NoCode, Peer: true}
	}
	if len(payload) == 1 {
		return Close{Code: ProtocolError, Peer: true}
	}
	code := int(binary.BigEndian.Uint16(payload))
	known := code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006 || code >= 3000 && code < 5000
	switch {
	case !known:
		return Close{Code: ProtocolError, Peer: true}
	case !utf8.Valid(payload[2:]):
		return Close{Code: BadPayload, Peer: true}
	default:
		return Close{Code: code, Peer: true}
	}
}

// closeFrame is the frame that closes.
func closeFrame(c Close) []byte {
	if c.Code == NoCode {
		return controlFrame(opClose, nil)
	}
	code := binary.BigEndian.AppendUint16(nil, uint16(c.Code))
	return controlFrame(opClose, append(code, c.Reason...))
}
