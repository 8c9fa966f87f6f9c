package vendors

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	getTime   = 10 * time.Second
	maxAnswer = 64 << 20 // bytes
)

// REST is the part of a vendor that is asked over HTTP.
type REST struct {
	Source  string
	Base    string // scheme, host and the first part of the path, with no slash at its end
	Header  http.Header
	Limit   *rate.Limiter // of requests; nil: none
	Secrets []Secret      // that must not show in what the other side says
	Client  *http.Client
	Tap     Tap
}

// Get asks for path, which begins with a slash and has no query, once the limit allows it, and returns
// the body and when it came. Its errors are [feed.Break]s whose After is what the other side asks for.
func (r *REST) Get(ctx context.Context, path string, query url.Values) (body []byte, received market.Time, err error) {
	if r.Limit != nil {
		if err := r.Limit.Wait(ctx); err != nil {
			return nil, 0, feed.Breakf(feed.Lost, "get %s: %w", Shown(r.Base+path), err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, getTime)
	defer cancel()
	target := r.Base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	what := "get " + Shown(target)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, 0, feed.Breakf(feed.Refused, "%s: not an address: %w", what, redact(err, r.Secrets))
	}
	request.Header = r.Header.Clone()
	response, err := r.Client.Do(request)
	if err != nil {
		return nil, 0, feed.Breakf(feed.Lost, "%s: %w", what, redact(err, r.Secrets))
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	received = market.TimeOf(time.Now())
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, 0, refused(what, response, cleanText(string(bytes.TrimSpace(body)), r.Secrets), len(r.Secrets) > 0)
	case err != nil:
		return nil, 0, feed.Breakf(feed.Lost, "%s: %w", what, redact(err, r.Secrets))
	case len(body) > maxAnswer:
		return nil, 0, feed.Breakf(feed.Lost, "%s: the answer is longer than %d bytes", what, maxAnswer)
	}
	if r.Tap != nil {
		r.Tap.Response(r.Source, r.shown(path, query), cleanBytes(body, r.Secrets), received)
	}
	return body, received, nil
}

// shown is a path with its query, without the keys that can be in them.
func (r *REST) shown(path string, query url.Values) string {
	path = cleanText(path, r.Secrets)
	if len(query) == 0 {
		return path
	}
	shown := url.Values{}
	for key, values := range query {
		for _, v := range values {
			shown.Add(key, cleanText(v, r.Secrets))
		}
	}
	return path + "?" + shown.Encode()
}

const (
	leastPause = 2 * time.Second // before a request is repeated
	mostPause  = 2 * time.Minute
)

// Repeat calls try until it succeeds or ctx ends. It waits longer after each failure, and at least as long as
// the other side asks for. Each error goes to failed.
func Repeat(ctx context.Context, try func(context.Context) error, failed func(error)) {
	for pause := leastPause; ; pause = min(2*pause, mostPause) {
		err := try(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		failed(err)
		wait := pause
		var b *feed.Break
		if errors.As(err, &b) {
			wait = max(wait, min(b.After, time.Hour))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
