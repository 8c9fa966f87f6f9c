package main

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/alpaca"
	"tickertape/feed/binance"
	"tickertape/feed/coinbase"
	"tickertape/feed/desk"
	"tickertape/feed/finnhub"
	"tickertape/feed/kraken"
	"tickertape/feed/massive"
	"tickertape/feed/relay"
	"tickertape/feed/upstream"
)

// vendors are the feeds of markets, and of another tickertape.
func vendors() []kind {
	return []kind{
		vendor("coinbase", func(c *FeedConfig) (*coinbase.Config, *[]string) { return &c.Coinbase, &c.Coinbase.Symbols }, coinbase.Open, coinbase.NewDecoder),
		vendor("binance", func(c *FeedConfig) (*binance.Config, *[]string) { return &c.Binance, &c.Binance.Symbols }, binance.Open, binance.NewDecoder),
		vendor("kraken", func(c *FeedConfig) (*kraken.Config, *[]string) { return &c.Kraken, &c.Kraken.Symbols }, kraken.Open, kraken.NewDecoder),
		vendor("alpaca", func(c *FeedConfig) (*alpaca.Config, *[]string) { return &c.Alpaca, &c.Alpaca.Symbols }, alpaca.Open, alpaca.NewDecoder),
		vendor("finnhub", func(c *FeedConfig) (*finnhub.Config, *[]string) { return &c.Finnhub, &c.Finnhub.Symbols }, finnhub.Open, finnhub.NewDecoder),
		vendor("massive", func(c *FeedConfig) (*massive.Config, *[]string) { return &c.Massive, &c.Massive.Symbols }, massive.Open, massive.NewDecoder),
		vendor("relay", func(c *FeedConfig) (*relay.Config, *[]string) { return &c.Relay, &c.Relay.Symbols }, relay.Open, relay.NewDecoder),
	}
}

// vendor is a feed whose section has a list of symbols, to which those are added that the routes want of it.
func vendor[C interface{ Validate() error }](name string, section func(*FeedConfig) (*C, *[]string),
	open func(C, upstream.Env) ([]feed.Source, error), decoder func(C, upstream.Env) (upstream.Decoder, error)) kind {
	symbols := func(cfg FeedConfig) []string {
		_, configured := section(&cfg)
		list := slices.Clone(*configured)
		for _, s := range desk.Wanted(cfg.Desk.Symbols, name) {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
		return list
	}
	wanted := func(cfg FeedConfig) C {
		list := symbols(cfg)
		c, configured := section(&cfg)
		*configured = list
		return *c
	}
	return kind{
		name:  name,
		check: func(cfg FeedConfig) error { return wanted(cfg).Validate() },
		open: func(cfg FeedConfig, env upstream.Env, _ prometheus.Registerer) ([]feed.Source, error) {
			return open(wanted(cfg), env)
		},
		symbols: symbols,
		decoder: func(cfg FeedConfig, env upstream.Env, recorded []string) (upstream.Decoder, error) {
			c, configured := section(&cfg)
			*configured = recorded
			return decoder(*c, env)
		},
	}
}
