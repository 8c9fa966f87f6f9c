package market

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Conditions makes the text of a trade's sale conditions, as [Tick] has it, and keeps each text once, however many trades have
// it. The zero value is ready. It is for one goroutine.
type Conditions struct {
	texts map[string]string
}

// mostConditions is how many lists are kept. Exchanges use some hundred; more can only be garbage, and have no text.
const mostConditions = 4096

// List is the text of a JSON list of codes, each a string or a number; "" for anything else.
func (c *Conditions) List(raw []byte) string {
	if len(raw) < 3 { // [] too
		return ""
	}
	text, known := c.texts[string(raw)]
	if !known && len(c.texts) < mostConditions {
		var codes []any
		if json.Unmarshal(raw, &codes) == nil {
			words := make([]string, 0, len(codes))
			for _, code := range codes {
				if word := strings.TrimSpace(strings.ReplaceAll(fmt.Sprint(code), ",", " ")); word != "" {
					words = append(words, word)
				}
			}
			text = strings.Join(words, ",")
		}
		c.keep(string(raw), text)
	}
	return text
}

// Joined is the text of codes that are joined by commas already.
func (c *Conditions) Joined(codes []byte) string {
	text, known := c.texts[string(codes)]
	if !known && len(codes) > 0 && len(c.texts) < mostConditions {
		text = string(codes)
		c.keep(text, text)
	}
	return text
}

func (c *Conditions) keep(key, text string) {
	if c.texts == nil {
		c.texts = map[string]string{}
	}
	c.texts[key] = text
}
