package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"tickertape/feed/market"
)

// mostTold is how many failures of a kind are told in full.
const mostTold = 4

// failure says in short how the newest request that failed did so.
func (e *exchanges) failure() string {
	if e.status == 0 {
		var failed *url.Error
		if err := e.why; errors.As(err, &failed) {
			return "no answer: " + failed.Err.Error()
		}
		return fmt.Sprintf("no answer: %v", e.why)
	}
	text := strings.TrimSpace(fmt.Sprintf("%d %s", e.status, http.StatusText(e.status)))
	if e.words != "" {
		text += ", in its words: " + short(e.words, 200)
	}
	return text
}

// advice is what to do about the newest request that failed.
func (e *exchanges) advice(feed string, keyed bool) string {
	if e.status != 0 {
		about := topicOf(e.status, e.words)
		if !keyed && (about == aboutKey || about == keyOrPlan) { // no key was sent: it is this machine that is refused
			about = aboutPlace
		}
		return about.advice(feed)
	}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var expired x509.CertificateInvalidError
	switch {
	case errors.As(e.why, &name):
		return "See that this machine has a network and can look up names, and compare the address with the vendor's documentation."
	case errors.As(e.why, &certificate), errors.As(e.why, &expired):
		return "See that this machine's clock is right and its certificates are up to date. A proxy that reads along causes it, too."
	case errors.Is(e.why, syscall.ECONNREFUSED):
		return "Nobody listens at the address: compare it with the vendor's documentation, and look at the vendor's status page."
	case errors.Is(e.why, context.DeadlineExceeded):
		return "A firewall may drop what this machine sends: try the address from another network. Else look at the vendor's status page."
	}
	return "See that this machine reaches the address: a firewall or a proxy may be in between (HTTPS_PROXY names one)."
}

// connections says whether each address was reached, and how fast.
func (j *judge) connections() (lines []Line) {
	for _, e := range j.handshakes {
		l := Line{Label: "connection", Text: e.where + ": "}
		if e.good > 0 {
			l.Text += "open after " + seconds(e.last)
		} else {
			l.Text += e.failure()
			l.Do = e.advice(j.Feed, j.keyed)
		}
		if e.count > 1 {
			l.Text += fmt.Sprintf("; dialled %d times", e.count)
		}
		if e.count > 1 && e.failed > 0 && e.good > 0 {
			l.Text += fmt.Sprintf(", %d of them in vain; the newest failure: %s", e.failed, e.failure())
		}
		if lines = append(lines, l); len(lines) == mostListed {
			return lines
		}
	}
	if len(lines) == 0 {
		lines = append(lines, Line{Label: "connection", Text: "none was answered in the time", Do: "Try again with a longer --for."})
	}
	return lines
}

// key says whether the other side accepts the key.
func (j *judge) key() Line {
	l := Line{Label: "key"}
	words, wrong := j.refused(aboutKey)
	use, used := j.refused(aboutUse)
	vague, either := j.refused(keyOrPlan)
	switch {
	case !j.keyed:
		l.Text = "none is needed, and none was sent"
	case wrong:
		l.Text, l.Do = "refused: "+words, aboutKey.advice(j.Feed)
	case used:
		l.Text, l.Do = "in use elsewhere: "+use, aboutUse.advice(j.Feed)
	case j.accepted:
		l.Text = "accepted"
	case either:
		l.Text, l.Do = "refused, it or the plan: "+vague, keyOrPlan.advice(j.Feed)
	case j.connected:
		l.Text = "not known: the vendor has said nothing to it"
		l.Do = "Try again with a longer --for. If it stays so, ask the vendor, with this report."
	default:
		l.Text = "not known: see connection"
	}
	return l
}

// plan says what the vendor has refused though the key was good.
func (j *judge) plan() Line {
	l := Line{Label: "plan"}
	words, limited := j.refused(aboutPlan)
	if !limited && j.accepted {
		words, limited = j.refused(keyOrPlan)
	}
	switch {
	case !j.keyed:
		l.Text = "none is needed"
	case limited:
		l.Text, l.Do = "does not have all that was asked for: "+words, aboutPlan.advice(j.Feed)
	case j.accepted:
		l.Text = "has all that was asked for, as far as the vendor says"
	default:
		l.Text = "not known: see key"
	}
	if d := j.delay(); d > 0 {
		l.Text += "; prices are " + seconds(d) + " late by contract"
	}
	return l
}

// delay is how late the prices are by contract.
func (j *judge) delay() (most time.Duration) {
	for _, info := range j.infos {
		most = max(most, info.Delay)
	}
	return most
}

// status is what the other side says of itself.
func (j *judge) status() Line {
	s, over := j.tape.worst()
	l := Line{Label: "status", Text: join(s.State.String(), s.Message)}
	if why, maintained := j.journal.maintenance(); maintained {
		l.Text = "under maintenance: " + why
	} else if s.State == market.Live && s.Message == "" {
		return Line{Label: "status", Text: "the vendor says nothing of a halt or of maintenance"}
	}
	if over {
		l.Text += "; but that is over"
	}
	if j.halted() {
		l.Do = "Nothing can be done here: look at the vendor's status page, and try again later."
	}
	return l
}

// halted reports whether the other side says of itself that it is not to be had.
func (j *judge) halted() bool {
	s, over := j.tape.worst()
	_, maintained := j.journal.maintenance()
	trades, quotes := j.tape.counts()
	return !over && (maintained && trades+quotes == 0 || s.State == market.Halted || s.State == market.Down)
}

// requests says what REST has answered.
func (j *judge) requests() Line {
	total := sum(j.asked)
	l := Line{Label: "requests", Text: fmt.Sprintf("%d over REST: all were answered", total.count)}
	if total.count == 0 {
		l.Text = "none over REST"
	}
	if total.failed == 0 {
		return l
	}
	var texts []string
	for _, e := range j.asked {
		if e.failed > 0 {
			texts = append(texts, fmt.Sprintf("%s: %s", e.where, e.failure()))
			if l.Do == "" {
				l.Do = e.advice(j.Feed, j.keyed)
			}
		}
	}
	l.Text = fmt.Sprintf("%d over REST, %d failed: %s", total.count, total.failed, strings.Join(texts[:min(len(texts), mostTold)], "; "))
	return l
}

// causes are what to do about breaks.
var causes = map[string]string{
	"lost": "tickertape dials again by itself. If it happens again and again, look for a firewall, a proxy or a wireless network " +
		"that ends connections, and at the vendor's status page.",
	"restart":     "Nothing: the vendor has announced it, and tickertape dials again by itself.",
	"silent":      "Look at the vendor's status page. A proxy that holds back what comes through causes it, too.",
	"refused":     "See what the vendor refuses, above. tickertape goes on trying, but seldom.",
	"taken":       "See key.",
	"final":       "See what the vendor refuses, above: tickertape does not dial again before it is started anew.",
	"maintenance": "See status.",
	"":            "Report this check as it stands: this should not happen.",
}

// breaks says how connections have ended.
func (j *judge) breaks() Line {
	j.journal.mu.Lock()
	all, broken := slices.Clone(j.journal.breaks), j.journal.broken
	j.journal.mu.Unlock()
	if broken == 0 {
		if !j.connected {
			return Line{Label: "breaks", Text: "none"}
		}
		return Line{Label: "breaks", Text: "none: the connection held"}
	}
	l := Line{Label: "breaks"}
	var texts []string
	told := map[[2]string]int{} // how often each kind came
	for _, e := range all {
		told[[2]string{e.cause, e.why}]++
	}
	for _, e := range all {
		l.Do = cmp.Or(causes[e.cause], causes["lost"])
		kind := [2]string{e.cause, e.why}
		n := told[kind]
		if delete(told, kind); n == 0 {
			continue // told with the first of its kind
		}
		text := fmt.Sprintf("%s after %s: %s", cmp.Or(e.cause, "an error"), seconds(e.after), short(e.why, 300))
		if e.retry != "" {
			text += " (serve would dial again after " + e.retry + ")"
		}
		if n > 1 {
			text += fmt.Sprintf(", %d times like this", n)
		}
		texts = append(texts, text)
	}
	if root := j.root(); root != "symbols" && root != "breaks" {
		l.Do = "See " + root + "."
	}
	l.Text = fmt.Sprintf("%d: %s", broken, strings.Join(texts[:min(len(texts), mostTold)], "; "))
	return l
}
