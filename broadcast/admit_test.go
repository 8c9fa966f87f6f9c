package broadcast

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/wire"
)

// streams serves /ws and /events, as an HTTP server does that is in front of a hub.
func (s *served) streams() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		stream, why, err := s.admit(r, WebSocket)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		shake, err := conn.Accept(w, r, subprotocol, s.Compression())
		switch {
		case err == nil && stream != nil:
			stream.WebSocket(shake)
		case err == nil:
			shake.Refuse(conn.Close{Code: why.Code.CloseCode(), Reason: why.Text()})
		case stream != nil:
			stream.Abandon()
		}
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		stream, why, err := s.admit(r, EventStream)
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		case stream == nil:
			conn.AcceptEvents(w, r).Refuse(s.LastEvent(why))
		default:
			stream.Events(r.Context(), conn.AcceptEvents(w, r))
		}
	})
	return mux
}

const subprotocol = "tickertape.v1.json"

// admit admits a stream, or returns why it is refused.
func (s *served) admit(r *http.Request, t Transport) (stream *Stream, why wire.Ending, err error) {
	visitor := s.admission.Visitor(r)
	q, err := s.ParseQuery(r.Context(), visitor, r.URL.RawQuery)
	if err != nil {
		return nil, why, err
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		q.Since = last
	}
	stream, err = s.Admit(r.Context(), visitor, t, &q)
	if errors.As(err, &why) {
		return nil, why, nil
	}
	return stream, why, err
}

// query admits a request for quotes over REST.
func (s *served) query(ctx context.Context, query string) (*Query, error) {
	q, err := s.ParseQuery(ctx, admission.Visitor{}, query)
	if err != nil {
		return nil, err
	}
	return s.Query(ctx, admission.Visitor{}, &q, nil)
}

// barsOf admits a request for bars over REST.
func (s *served) barsOf(ctx context.Context, query string) (*Bars, error) {
	q, err := s.ParseBarsQuery(ctx, admission.Visitor{}, query)
	if err != nil {
		return nil, err
	}
	return s.Bars(ctx, admission.Visitor{}, &q, nil)
}

var errTimedOut = errors.New("nothing has changed in time")

// poll polls until something changes, and keeps what is new of bars and trades where messages are wanted.
func (s *served) poll(ctx context.Context, query string, messages *strings.Builder) error {
	q, err := s.query(ctx, query)
	if err != nil {
		return err
	}
	defer q.Done()
	switch changed, err := q.Wait(ctx); {
	case err != nil:
		return err
	case !changed:
		return errTimedOut
	case messages == nil:
		return nil
	}
	for _, kind := range [...]wire.Kind{wire.BarsOf, wire.TradesOf} {
		for r := range q.Series(kind, s.board.Seq()) {
			for more := true; more; {
				var message []byte
				if message, _, more = r.Append(nil, time.Now()); message != nil {
					messages.Write(message)
				}
			}
		}
	}
	return nil
}

// One admission counts the clients of every transport, and gives back all that a refused one has reserved.
func TestAdmissionsAreCountedByTransport(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSubscribers, c.MaxSeries = 1, 1 })
	s.trade("AAPL", "10")
	since := "&since=" + s.board.Position().String() + "&wait=10s"
	stream := func(transport Transport) func(query string) (func(), error) {
		return func(query string) (func(), error) {
			q, err := s.ParseQuery(t.Context(), admission.Visitor{}, query)
			if err != nil {
				return nil, err
			}
			stream, err := s.Admit(t.Context(), admission.Visitor{}, transport, &q)
			if err != nil {
				return nil, err
			}
			return stream.Abandon, nil
		}
	}
	for transport, admit := range map[Transport]func(query string) (func(), error){
		WebSocket: stream(WebSocket), EventStream: stream(EventStream),
		LongPoll: func(query string) (func(), error) {
			q, err := s.query(t.Context(), query+since)
			if err != nil {
				return nil, err
			}
			return q.Done, nil
		},
	} {
		var fault *wire.Fault
		if _, err := admit("bars=AAPL&interval=1s&trades=AAPL"); !errors.As(err, &fault) || fault.Code != wire.TooManySymbols {
			t.Errorf("%v: %v, want too many symbols", transport, err)
		}
		leave, err := admit("symbols=AAPL")
		if err != nil {
			t.Fatalf("%v: %v", transport, err)
		}
		var refusal *admission.Refusal
		var ending wire.Ending
		switch _, err := admit("symbols=AAPL"); {
		case errors.As(err, &ending) && ending.Code == wire.Full && ending.Retry == s.cfg.Retry:
		case transport == LongPoll && errors.As(err, &refusal) && refusal.Reason == admission.ReasonFull:
		default:
			t.Errorf("%v: %v, want a server that is full", transport, err)
		}
		leave()
		if accepted, full := s.came(transport.String(), "accepted"), s.came(transport.String(), "full"); full != 1 ||
			accepted != map[Transport]float64{WebSocket: 1, EventStream: 1, LongPoll: 2}[transport] {
			t.Errorf("%v: %v are accepted and %v refused", transport, accepted, full)
		}
		if used := s.admission.Memory.Used(); used != 0 {
			t.Errorf("%v: %d bytes are still reserved", transport, used)
		}
	}
}
