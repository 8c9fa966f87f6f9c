package binance

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// subscription is a request for streams.
type subscription struct {
	Method string   `json:"method"`
	Params []string `json:"params"`
	ID     uint64   `json:"id"`
}

// subscriptions are the texts of the requests for streams, in order, with the ids 1, 2 and so on. None is longer than mostMessage.
func subscriptions(streams []string) (texts [][]byte, err error) {
	for begin := 0; begin < len(streams); {
		request := subscription{"SUBSCRIBE", []string{}, uint64(len(texts) + 1)}
		text, err := json.Marshal(request)
		if err != nil {
			return nil, fmt.Errorf("subscribe: %w", err)
		}
		end, size := begin, len(text)
		for end < len(streams) {
			quoted, err := jsontext.AppendQuote(nil, streams[end])
			if err != nil {
				return nil, fmt.Errorf("subscribe: stream %q: %w", streams[end], err)
			}
			if size += len(quoted) + len(","); size > mostMessage && end > begin {
				break
			}
			end++
		}
		request.Params = streams[begin:end]
		if text, err = json.Marshal(request); err != nil {
			return nil, fmt.Errorf("subscribe: %w", err)
		}
		texts = append(texts, text)
		begin = end
	}
	return texts, nil
}
