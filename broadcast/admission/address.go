package admission

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ParseProxies reads addresses and prefixes; its error names the index and the value of each that is none.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	var errs []error
	for i, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, failed := netip.ParseAddr(text)
			if failed != nil || a.Zone() != "" {
				errs = append(errs, fmt.Errorf("trusted_proxies[%d]: %.60q is no address and no prefix such as 10.0.0.0/8", i, text))
				continue
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, netip.PrefixFrom(p.Addr().Unmap(), bitsUnmapped(p)).Masked())
	}
	return all, errors.Join(errs...)
}

// bitsUnmapped is the length of a prefix after an IPv4 address in IPv6 has become one of IPv4.
func bitsUnmapped(p netip.Prefix) int {
	if p.Addr().Is4In6() {
		return max(0, p.Bits()-96)
	}
	return p.Bits()
}

// mostHops is how many proxies a request can have come through. To look at a whole header of them would cost more than
// the request is charged.
const mostHops = 32

// peerOf is the address that a connection came from; invalid where it has none.
func peerOf(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// behind is the address of who makes a request: the peer or, where that is a proxy that is trusted, the last of
// X-Forwarded-For that is none. Repeated headers are one list. What is no address ends the list: the proxy
// before it is taken for the client, and so is the last of more than there can be.
func behind(peer netip.Addr, header http.Header, trusted []netip.Prefix) netip.Addr {
	at := peer
	if !isTrusted(at, trusted) {
		return at
	}
	all, hops := header["X-Forwarded-For"], 0
	for i := len(all) - 1; i >= 0; i-- {
		rest := all[i]
		for rest != "" {
			var last string
			if cut := strings.LastIndexByte(rest, ','); cut >= 0 {
				rest, last = rest[:cut], rest[cut+1:]
			} else {
				rest, last = "", rest
			}
			a, ok := forwarded(last)
			if hops++; !ok || hops > mostHops {
				return at
			}
			if at = a; !isTrusted(at, trusted) {
				return at
			}
		}
	}
	return at
}

// forwarded reads one entry of X-Forwarded-For: an address, maybe with a port.
func forwarded(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 64 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		p, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		a = p.Addr()
	}
	return a.Unmap().WithZone(""), true
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// client is whose budgets and refusals are counted together: an IPv4 address, or the /64 of an IPv6 one, since that is
// what one customer has.
type client = netip.Prefix

// clientOf is who an address belongs to.
func clientOf(addr netip.Addr) client {
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // both are lengths that there are
	return p
}
