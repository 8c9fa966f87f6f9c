package market

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Conditions spells the lists of sale conditions that trades have as [Tick] does: each list once, however
// many trades have it. The zero value is ready. It is for one goroutine.
type Conditions struct {
	texts map[string]string
}

// mostConditions is how many lists are kept. There are some hundred; what is beyond was made up.
const mostConditions = 4096

// List spells a JSON list of codes, which are texts or numbers; "" is anything else.
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
