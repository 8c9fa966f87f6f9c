package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/dashboard"
	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/consolidate"
	"tickertape/feed/relay"
	"tickertape/feed/replay"
	"tickertape/feed/sim"
	"tickertape/feed/vendors/alpaca"
	"tickertape/feed/vendors/binance"
	"tickertape/feed/vendors/coinbase"
	"tickertape/feed/vendors/finnhub"
	"tickertape/feed/vendors/kraken"
	"tickertape/feed/vendors/massive"
)

// Config is the whole configuration: each room's section.
type Config struct {
	Server         dashboard.Config      `mapstructure:",squash"`
	TrustedProxies []string              `mapstructure:"trusted_proxies"` // addresses and prefixes whose X-Forwarded-For is believed
	Log            LogConfig             `mapstructure:"log"`
	Feed           FeedConfig            `mapstructure:"feed"`
	Broadcast      BroadcastConfig       `mapstructure:"broadcast"`
	Limits         admission.Config      `mapstructure:"limits"`
	Watchlists     []broadcast.Watchlist `mapstructure:"watchlists"`
}

// BroadcastConfig has the keys of the hub, and the pages that the HTTP server lets read what it answers.
type BroadcastConfig struct {
	broadcast.Config `mapstructure:",squash"`
	Origins          []string `mapstructure:"origins"` // pages of other origins that may connect
}

// Validate reports every value that is not allowed, by key within the section.
func (c BroadcastConfig) Validate() error {
	return errors.Join(c.Config.Validate(), dashboard.CheckOrigins(c.Origins))
}

// FeedConfig has the keys of all sources together, and a section for each kind of source.
type FeedConfig struct {
	Sources     feed.Config        `mapstructure:",squash"`
	Consolidate consolidate.Config `mapstructure:",squash"`
	Calendar    calendar.Config    `mapstructure:"calendar"`
	Sim         sim.Config         `mapstructure:"sim"`
	Replay      replay.Config      `mapstructure:"replay"`
	Coinbase    coinbase.Config    `mapstructure:"coinbase"`
	Binance     binance.Config     `mapstructure:"binance"`
	Kraken      kraken.Config      `mapstructure:"kraken"`
	Alpaca      alpaca.Config      `mapstructure:"alpaca"`
	Finnhub     finnhub.Config     `mapstructure:"finnhub"`
	Massive     massive.Config     `mapstructure:"massive"`
	Relay       relay.Config       `mapstructure:"relay"`
}

// LogConfig is the level below which nothing is logged, and the format: text, json, or auto, which is text on a terminal.
type LogConfig struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

// DefaultConfig is a server of the simulated feed that listens on loopback.
func DefaultConfig() Config {
	return Config{
		Server:         dashboard.DefaultConfig(),
		TrustedProxies: []string{},
		Log:            LogConfig{Level: "info", Format: "auto"},
		Feed: FeedConfig{
			Sources: feed.DefaultConfig(), Consolidate: consolidate.DefaultConfig(), Calendar: calendar.DefaultConfig(),
			Sim: sim.DefaultConfig(), Replay: replay.DefaultConfig(), Relay: relay.DefaultConfig(),
			Coinbase: coinbase.DefaultConfig(), Binance: binance.DefaultConfig(), Kraken: kraken.DefaultConfig(),
			Alpaca: alpaca.DefaultConfig(), Finnhub: finnhub.DefaultConfig(), Massive: massive.DefaultConfig(),
		},
		Broadcast: BroadcastConfig{Config: broadcast.DefaultConfig(), Origins: []string{}},
		Limits:    admission.DefaultConfig(),
		Watchlists: []broadcast.Watchlist{
			{Name: "leaders", Symbols: []string{
				"AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AVGO", "BRK.B", "JPM", "LLY", "V",
				"XOM", "UNH", "COST", "WMT", "NFLX", "HD", "PG", "KO", "BA", "DIS", "INTC", "F",
			}},
			{Name: "tech", Symbols: []string{
				"AAPL", "MSFT", "NVDA", "AVGO", "ORCL", "CRM", "AMD", "ADBE", "CSCO", "QCOM", "TXN", "INTC", "IBM", "MU", "AMAT",
			}},
			{Name: "banks", Symbols: []string{"JPM", "BAC", "WFC", "C", "GS", "MS", "USB", "PNC", "SCHW", "BK"}},
			{Name: "energy", Symbols: []string{"XOM", "CVX", "COP", "SLB", "EOG", "MPC", "PSX", "OXY", "VLO", "KMI"}},
		},
	}
}

// Validate reports every value that is not allowed, by full key.
func (c Config) Validate() error {
	return errors.Join(
		c.Server.Validate(), checkProxies(c.TrustedProxies), c.Log.validate(),
		under("feed", c.Feed.validate()), under("broadcast", c.Broadcast.Validate()), under("limits", c.Limits.Validate()),
		broadcast.CheckWatchlists(c.Watchlists),
	)
}

// checkProxies reports entries that are neither an address nor a prefix, by index.
func checkProxies(proxies []string) error {
	_, err := admission.ParseProxies(proxies)
	return err
}

// validate reports every value that is not allowed, by key within the section.
func (c FeedConfig) validate() error {
	errs := []error{c.Sources.Validate(), c.Consolidate.Validate(), under("calendar", c.Calendar.Validate())}
	for i, name := range c.Sources.Source {
		if _, known := kindOf(name); !known {
			errs = append(errs, fmt.Errorf("source: %q is not one of %s", name, kindNames()))
		} else if slices.Contains(c.Sources.Source[:i], name) {
			errs = append(errs, fmt.Errorf("source: %q is there twice", name))
		}
	}
	for _, k := range kinds() {
		err := k.check(c)
		errs = append(errs, under(k.name, err))
		wanted := slices.Contains(c.Sources.Source, k.name) && len(consolidate.Wanted(c.Consolidate.Symbols, k.name)) > 0
		if err == nil && k.names != nil && wanted {
			names, err := k.names(c)
			errs = append(errs, err, checkSpellings(c.Consolidate.Symbols, k.name, names))
		}
	}
	if slices.Contains(c.Sources.Source, "replay") && c.Replay.File == "" {
		errs = append(errs, errors.New(`replay.file: "" is no file; the replay feed needs one`))
	}
	for i, r := range c.Consolidate.Symbols {
		if r.Market != "" && !slices.Contains(calendar.Names(), r.Market) {
			errs = append(errs, fmt.Errorf("symbols[%d].market: %q is not one of %s", i, r.Market, strings.Join(calendar.Names(), ", ")))
		}
		for j, s := range r.Sources {
			if name, _, err := consolidate.SplitSource(s); err == nil && !slices.Contains(c.Sources.Source, name) {
				errs = append(errs, fmt.Errorf("symbols[%d].sources[%d]: %q: the feed %q is not in source: [%s]",
					i, j, s, name, strings.Join(c.Sources.Source, ", ")))
			}
		}
	}
	return errors.Join(errs...)
}

func (c LogConfig) validate() error {
	var errs []error
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Level) {
		errs = append(errs, fmt.Errorf("log.level: %q is not one of debug, info, warn, error", c.Level))
	}
	if !slices.Contains([]string{"auto", "text", "json"}, c.Format) {
		errs = append(errs, fmt.Errorf("log.format: %q is not one of auto, text, json", c.Format))
	}
	return errors.Join(errs...)
}

// under puts a section's name before the key of each of its errors.
func under(section string, err error) error {
	var errs []error
	for _, e := range flatten(err) {
		errs = append(errs, fmt.Errorf("%s.%w", section, e))
	}
	return errors.Join(errs...)
}

// flatten returns the errors that were joined, those of joined errors within them included.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

// errConfig is wrapped by every error about the configuration.
var errConfig = errors.New("bad configuration")

// delimiter joins the names of nested keys inside viper: a dot would split symbols such as BRK.B.
const delimiter = "::"

// defaultFile is read when no file is named and it exists.
const defaultFile = "config.yaml"

// loadConfig layers the file over the defaults, the environment over the file, and override over all of them: values of
// the command line by key, where "" is not set. Its error has every mistake; warnings are for what may be one.
func loadConfig(file string, override map[string]string) (cfg Config, warnings []string, err error) {
	v := viper.NewWithOptions(viper.KeyDelimiter(delimiter), viper.EnvKeyReplacer(strings.NewReplacer(delimiter, "_")))
	v.SetEnvPrefix("TICKERTAPE")
	v.AutomaticEnv()

	cfg = DefaultConfig()
	known := leaves(reflect.ValueOf(&cfg).Elem(), nil)
	for _, l := range known {
		v.SetDefault(l.key(), l.value.Interface())
	}
	if file == "" {
		if _, err := os.Stat(defaultFile); err == nil {
			file = defaultFile
		}
	}
	if file != "" {
		v.SetConfigFile(file)
		v.SetConfigType("yaml")
		if err := v.MergeInConfig(); err != nil {
			return cfg, nil, fmt.Errorf("%w: %s", errConfig, readError(file, err))
		}
	}
	for key, value := range override {
		if value != "" {
			v.Set(strings.ReplaceAll(key, ".", delimiter), value)
		}
	}

	var errs []error
	wrong := map[string]bool{}
	for _, key := range unknownKeys(v, known) {
		if slices.ContainsFunc(known, func(l leaf) bool { return strings.HasPrefix(l.name(), key+".") }) {
			value := v.Get(strings.ReplaceAll(key, ".", delimiter))
			errs = append(errs, fmt.Errorf("%s: %s is not a section with keys of its own", key, shown(value)))
		} else {
			errs = append(errs, fmt.Errorf("%s: unknown key%s", key, suggest(key, known)))
		}
		wrong[key] = true
	}
	for _, l := range known {
		if err := l.set(v.Get(l.key())); err != nil {
			errs = append(errs, err)
			wrong[l.name()] = true
		}
	}
	for _, err := range cfg.mistakes() { // a key of the wrong type still has its default
		if key, _, _ := strings.Cut(err.Error(), ":"); !wrong[key] {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		from := file
		if from == "" {
			from = "no file"
		}
		return cfg, nil, fmt.Errorf("%w (%s)%w", errConfig, from, lines(errs))
	}
	warnings = append(strayEnvironment(os.Environ(), known), exposedKeys(known, file, v.InConfig)...)
	return cfg, append(warnings, cfg.Feed.doubts()...), nil
}

// doubts are warnings of what is allowed, but seldom meant.
func (c *FeedConfig) doubts() (warnings []string) {
	if slices.Contains(c.Sources.Source, "alpaca") && c.Alpaca.TradesAtNight() && c.Calendar.USOvernight == "" {
		warnings = append(warnings, fmt.Sprintf("feed.alpaca.feed: %q trades from 20:00 to 04:00 in New York, when the market is closed by "+
			"feed.calendar.us_overnight %q: for both us_roll and us_overnight, \"20:00\" is best", c.Alpaca.Feed, c.Calendar.USOvernight))
	}
	return warnings
}

// lines prints each error on a line of its own.
type lines []error

func (l lines) Error() string {
	var b strings.Builder
	for _, err := range l {
		b.WriteString("\n  ")
		b.WriteString(err.Error())
	}
	return b.String()
}

func (l lines) Unwrap() []error { return l }

func readError(file string, err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Sprintf("read %s: %v", file, path.Err)
	}
	return fmt.Sprintf("read %s: %s", file, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "While parsing config: "), "\n", " "))
}
