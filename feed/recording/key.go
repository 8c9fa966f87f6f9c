package recording

import "tickertape/feed/market"

// key is a known name in the JSON object of a line.
type key uint8

// The first keys are the fields of a quote, in the order of their table in feed/market.
const (
	keyPrice key = iota
	keySize
	keyBid
	keyBidSize
	keyAsk
	keyAskSize
	keyOpen
	keyHigh
	keyLow
	keyPreviousClose
	keyVolume
	keyCount
	keyVWAP
	keyTime
	keyState
	keyExtended
	keyExtendedTime
	keyFrom
)

const (
	keyKind key = market.NumFields + iota
	keySymbol
	keyID
	keyConditions
	keySale
	keyNewPrice
	keyNewSize
	keyNewConditions
	keyWhole
	keyAgain
	keyReceived
	keyName
	keySector
	keyCurrency
	keyMarket
	keyDecimals
	keyStatus
	keySince
	keyMessage
	keyFormat
	keyVersion
	keySource
	keySimulated
	keyRecorded
	keyPath
	keyConnection
	keySources
	keyAt
	keyText
	keyBase64
	keyMore

	numKeys
)

var keyNames = func() (names [numKeys]string) {
	copy(names[copy(names[:], market.FieldKeys()):], []string{
		"k", "s", "i", "c", "sc", "np", "nz", "nc", "whole", "again", "r",
		"name", "sector", "currency", "market", "decimals", "status", "since", "message",
		"format", "version", "source", "simulated", "recorded", "path", "conn", "sources", "at", "d", "b64", "more",
	})
	return names
}()

var keysByName = func() map[string]key {
	m := make(map[string]key, numKeys)
	for k, name := range keyNames {
		m[name] = key(k)
	}
	return m
}()
