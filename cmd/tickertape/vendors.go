package main

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/consolidate"
	"tickertape/feed/relay"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/alpaca"
	"tickertape/feed/vendors/binance"
	"tickertape/feed/vendors/coinbase"
	"tickertape/feed/vendors/finnhub"
	"tickertape/feed/vendors/kraken"
	"tickertape/feed/vendors/massive"
)

// remoteKinds are the feeds of vendors, and of another tickertape.
func remoteKinds() []kind {
	return []kind{
		remoteKind("coinbase", func(c *FeedConfig) (*coinbase.Config, *[]string) { return &c.Coinbase, &c.Coinbase.Symbols },
			coinbase.Open, coinbase.NewDecoder),
		remoteKind("binance", func(c *FeedConfig) (*binance.Config, *[]string) { return &c.Binance, &c.Binance.Symbols },
			binance.Open, binance.NewDecoder),
		remoteKind("kraken", func(c *FeedConfig) (*kraken.Config, *[]string) { return &c.Kraken, &c.Kraken.Symbols },
			kraken.Open, kraken.NewDecoder),
		remoteKind("alpaca", func(c *FeedConfig) (*alpaca.Config, *[]string) { return &c.Alpaca, &c.Alpaca.Symbols },
			alpaca.Open, alpaca.NewDecoder),
		remoteKind("finnhub", func(c *FeedConfig) (*finnhub.Config, *[]string) { return &c.Finnhub, &c.Finnhub.Symbols },
			finnhub.Open, finnhub.NewDecoder),
		remoteKind("massive", func(c *FeedConfig) (*massive.Config, *[]string) { return &c.Massive, &c.Massive.Symbols },
			massive.Open, massive.NewDecoder),
		remoteKind("relay", func(c *FeedConfig) (*relay.Config, *[]string) { return &c.Relay, &c.Relay.Symbols },
			relay.Open, relay.NewDecoder),
	}
}

// remoteKind is a feed whose section has a list of symbols. Those that feed.symbols names of the feed are added to it.
func remoteKind[C interface{ Validate() error }](name string, section func(*FeedConfig) (*C, *[]string),
	open func(C, vendors.Env) ([]feed.Source, error), decoder func(C, vendors.Env) (vendors.Decoder, error)) kind {
	symbols := func(cfg FeedConfig) []string {
		_, configured := section(&cfg)
		list := slices.Clone(*configured)
		for _, s := range consolidate.Wanted(cfg.Consolidate.Symbols, name) {
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
		open: func(cfg FeedConfig, env vendors.Env, _ prometheus.Registerer) ([]feed.Source, error) {
			return open(wanted(cfg), env)
		},
		symbols: symbols,
		only: func(cfg *FeedConfig, list []string) {
			_, configured := section(cfg)
			*configured = list
		},
		tradesOnly: name == "finnhub",
		decoder: func(cfg FeedConfig, env vendors.Env, recorded []string) (vendors.Decoder, error) {
			c, configured := section(&cfg)
			*configured = recorded
			return decoder(*c, env)
		},
	}
}
