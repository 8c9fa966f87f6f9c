package alpacatest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// pack writes JSON as MessagePack, in its order, since the vendor's client wants the type first: whole numbers as
// integers, others as doubles, and times as the type that MessagePack has for them, as the vendor does.
func pack(text string) ([]byte, error) {
	var b bytes.Buffer
	err := encode(msgpack.NewEncoder(&b), "", json.RawMessage(text))
	return b.Bytes(), err
}

func encode(e *msgpack.Encoder, key string, text json.RawMessage) error {
	switch text[0] {
	case '{':
		return encodeObject(e, text)
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return err
		}
		if err := e.EncodeArrayLen(len(list)); err != nil {
			return err
		}
		for _, v := range list {
			if err := encode(e, "", v); err != nil {
				return err
			}
		}
		return nil
	}
	v, err := native(key, text)
	if err != nil {
		return err
	}
	return e.Encode(v)
}

func encodeObject(e *msgpack.Encoder, text json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(text))
	var keys []string
	var values []json.RawMessage
	for d.Token(); d.More(); { // the brace
		key, err := d.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return err
		}
		keys, values = append(keys, key.(string)), append(values, v) // JSON has no other keys
	}
	if err := e.EncodeMapLen(len(keys)); err != nil {
		return err
	}
	for i, key := range keys {
		if err := e.EncodeString(key); err != nil {
			return err
		}
		if err := encode(e, key, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// native is a value as Go has it.
func native(key string, text json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case string:
		if key == "t" {
			return time.Parse(time.RFC3339Nano, v)
		}
	}
	return v, nil
}
