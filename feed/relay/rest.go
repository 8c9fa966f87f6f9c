package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tickertape/feed"
)

const (
	answerTime = 10 * time.Second
	maxAnswer  = 64 << 20 // bytes; 100,000 symbols are 15 MB
)

// upstream is the server's REST interface.
type upstream struct {
	base *url.URL
	http *http.Client
}

// get reads the JSON answer to a query.
func (u *upstream) get(ctx context.Context, path string, query url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	target := *u.base
	target.Path += path
	target.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	target.RawQuery = ""
	shown := target.Redacted()
	response, err := u.http.Do(r)
	if err != nil {
		var failed *url.Error // says the whole query, which can be long
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("get %s: %w", shown, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("get %s: %w", shown, err)
	}
	if response.StatusCode != http.StatusOK {
		var problem struct {
			Detail string `json:"detail"`
		}
		json.Unmarshal(body, &problem) // whoever answers without one has said enough
		return fmt.Errorf("get %s: %s %.200s", shown, response.Status, problem.Detail)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("get %s: not the answer of a tickertape: %w", shown, err)
	}
	return nil
}

// about is what the server says of its feed, and which of the named symbols it does not know.
type about struct {
	Epoch     string   `json:"epoch"`
	Source    string   `json:"source"`
	Simulated *bool    `json:"simulated"`
	Unknown   []string `json:"unknown"`
}

func (u *upstream) about(ctx context.Context, names []string) (about, error) {
	var a about
	err := u.get(ctx, "/api/quotes", url.Values{"symbols": {strings.Join(names, ",")}, "fields": {"t"}}, &a)
	if err == nil && (a.Epoch == "" || a.Simulated == nil) {
		err = fmt.Errorf("get %s/api/quotes: not the answer of a tickertape: it says nothing of epoch and simulated", u.base.Redacted())
	}
	return a, err
}

// symbols are the records of the named symbols; of all where a watchlist is among them.
func (u *upstream) symbols(ctx context.Context, names []string) ([]feed.Symbol, error) {
	if slices.ContainsFunc(names, func(n string) bool { return n[0] == '#' }) {
		names = []string{"*"}
	}
	var answer struct {
		Symbols []struct {
			Symbol   string `json:"symbol"`
			Name     string `json:"name"`
			Sector   string `json:"sector"`
			Currency string `json:"currency"`
			Decimals int    `json:"decimals"`
		} `json:"symbols"`
	}
	if err := u.get(ctx, "/api/symbols", url.Values{"symbols": {strings.Join(names, ",")}}, &answer); err != nil {
		return nil, err
	}
	all := make([]feed.Symbol, 0, len(answer.Symbols))
	for _, s := range answer.Symbols {
		all = append(all, feed.Symbol{Symbol: s.Symbol, Name: s.Name, Sector: s.Sector, Currency: s.Currency, Decimals: min(max(s.Decimals, 0), 9)})
	}
	return all, nil
}
