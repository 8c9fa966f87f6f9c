package check

import (
	"net/http"
	"strings"
)

// topic is what a refusal is about.
type topic uint8

const (
	unclear    topic = iota
	aboutKey         // it is wrong, or not for this
	aboutPlan        // the key is good, but what was asked for is not in the plan
	keyOrPlan        // the other side does not say which of them
	aboutUse         // another program uses the key
	aboutRate        // too many requests
	aboutPlace       // this machine is where the vendor does not offer it, or is barred
	aboutName        // there is nothing at the address
	aboutThem        // the other side has failed
)

// statuses are what statuses of HTTP are about, unless the words say otherwise.
var statuses = map[int]topic{
	http.StatusUnauthorized: aboutKey, http.StatusPaymentRequired: aboutPlan, http.StatusForbidden: keyOrPlan,
	http.StatusNotFound: aboutName, http.StatusTooManyRequests: aboutRate, http.StatusTeapot: aboutRate,
	http.StatusUnavailableForLegalReasons: aboutPlace,
}

// phrases are what words of refusals are about, in small letters. The first that is found counts. They are the vendors' own, or those
// of their packages.
var phrases = []struct {
	text  string
	topic topic
}{
	{"another program uses the key", aboutUse}, {"connection limit", aboutUse}, {"max_connections", aboutUse},
	{"number of websocket connections", aboutUse},
	{"too many requests", aboutRate}, {"rate limit", aboutRate}, {"api limit", aboutRate},
	{"not offered in the place", aboutPlace}, {"restricted location", aboutPlace}, {"firewall", aboutPlace},
	{"the plan does not have", aboutPlan}, {"insufficient subscription", aboutPlan}, {"subscription does not permit", aboutPlan},
	{"symbol limit", aboutPlan}, {"too many symbols", aboutPlan}, {"limit exceeded", aboutPlan}, {"upgrade your plan", aboutPlan},
	{"your plan", aboutPlan}, {"not entitled", aboutPlan}, {"have access to this resource", aboutPlan},
	{"not authorized", aboutPlan}, {"not_authorized", aboutPlan}, // at Massive, after a login that was good
	{"the key or the plan does not allow", keyOrPlan}, {"forbidden", keyOrPlan},
	{"auth failed", aboutKey}, {"authentication failed", aboutKey}, {"not authenticated", aboutKey}, {"unauthorized", aboutKey},
	{"the key is refused", aboutKey}, {"the key or the secret", aboutKey}, {"the key is not for", aboutKey}, {"insufficient scope", aboutKey},
	{"api key", aboutKey}, {"invalid token", aboutKey},
}

// topicOf is what a refusal is about. status is that of HTTP; 0: there was none.
func topicOf(status int, words string) topic {
	if about, sure := statuses[status]; sure && about != keyOrPlan {
		return about
	}
	words = strings.ToLower(words)
	for _, p := range phrases {
		if strings.Contains(words, p.text) {
			return p.topic
		}
	}
	switch {
	case statuses[status] == keyOrPlan:
		return keyOrPlan
	case status >= http.StatusInternalServerError:
		return aboutThem
	}
	return unclear
}

// advice is what to do about a refusal.
func (t topic) advice(feed string) string {
	switch t {
	case aboutKey:
		return "Compare the key with the one on the vendor's site: all of it, without quotation marks, and of the right kind " +
			"(live or paper, market data). Or make a new one. Where it is read from is in the section feed." + feed + " of config.yaml."
	case aboutPlan:
		return "Look on the vendor's site what your plan has. Ask for fewer symbols or another stream, by the section feed." + feed +
			" of config.yaml, or choose a plan that has it."
	case keyOrPlan:
		return "Compare the key with the one on the vendor's site, and look there whether the plan has what was asked for."
	case aboutUse:
		return "End the other program that uses the key, such as tickertape serve, and wait for a minute. Most plans allow one connection."
	case aboutRate:
		return "Wait for some minutes, and see that no other program asks with the same key or from the same address."
	case aboutPlace:
		return "The vendor bars this machine or its place. Read its terms, try it from another network, or choose another vendor."
	case aboutName:
		return "Compare url and rest in the section feed." + feed + " with the vendor's documentation."
	case aboutThem:
		return "The vendor's server has failed. Look at the vendor's status page, and try again later."
	default:
		return "Search the vendor's documentation for these words. If they do not help, report this check as it stands."
	}
}
