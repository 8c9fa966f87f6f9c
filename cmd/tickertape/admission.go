package main

import (
	"log/slog"
	"net"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/admission"
)

// newAdmission decides who gets in, by the configuration and by the number of files that this process may have open.
func newAdmission(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*admission.Admission, error) {
	proxies, err := admission.ParseProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	places := cfg.Broadcast.MaxSubscribers
	if places == 0 {
		places, _ = admission.Descriptors(admission.OpenFiles())
	}
	return admission.New(cfg.Limits, admission.Options{
		Places: places, Memory: cfg.Broadcast.Memory, Retry: cfg.Broadcast.Retry, Proxies: proxies, Public: !loopback(cfg.Server.Listen),
	}, admission.NewRefusalLog(log, reg), reg), nil
}

// loopback reports whether only this machine reaches an address to listen on.
func loopback(listen string) bool {
	host, _, _ := net.SplitHostPort(listen) // validated
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
