package recording

import (
	"math/bits"

	"tickertape/feed/market"
)

// key is a known name in the JSON object of a line. The numbers are of this run of the program only: a file has the names.
// First come the names that only recordings have, then the fields of a quote, which are those of the table in feed/market.
type key uint8

const (
	keyKind key = iota
	keySymbol
	keyID
	keyConditions
	keySale
	keyNewPrice
	keyNewSize
	keyNewConditions
	keyNewID
	keyTraded
	keyWhole
	keyOld
	keyAgain
	keyReceived
	keyName
	keySector
	keyCurrency
	keyMarket
	keyDecimals
	keyRounded
	keyStatus
	keySince
	keyMessage
	keyFormat
	keyVersion
	keySource
	keySimulated
	keyReplayed
	keyDelay
	keyQuiet
	keyRecorded
	keyPath
	keyConnection
	keySources
	keyAt
	keyText
	keyBase64
	keyMore

	numOwnKeys
	numKeys = numOwnKeys + market.NumFields
)

// Fields of a quote that other lines than images have, too.
var (
	keyPrice         = fieldKey(market.FieldPrice)
	keySize          = fieldKey(market.FieldSize)
	keyBid           = fieldKey(market.FieldBid)
	keyBidSize       = fieldKey(market.FieldBidSize)
	keyAsk           = fieldKey(market.FieldAsk)
	keyAskSize       = fieldKey(market.FieldAskSize)
	keyPreviousClose = fieldKey(market.FieldPreviousClose)
	keyTime          = fieldKey(market.FieldTime)
	keyState         = fieldKey(market.FieldState)
	keyAdjusted      = fieldKey(market.FieldAdjusted)
	keyWhy           = fieldKey(market.FieldReason)
	keyFrom          = fieldKey(market.FieldSource) // of a status: which source it is of
)

// fieldKey is the key of one field.
func fieldKey(field market.Fields) key { return numOwnKeys + key(bits.TrailingZeros32(uint32(field))) }

var keyNames = func() [numKeys]string {
	names := [numKeys]string{
		keyKind: "k", keySymbol: "s", keyID: "i", keyConditions: "c", keySale: "sc",
		keyNewPrice: "np", keyNewSize: "nz", keyNewConditions: "nc", keyNewID: "ni", keyTraded: "tt",
		keyWhole: "whole", keyOld: "old", keyAgain: "again", keyReceived: "r",
		keyName: "name", keySector: "sector", keyCurrency: "currency", keyMarket: "market", keyDecimals: "decimals", keyRounded: "rounded",
		keyStatus: "status", keySince: "since", keyMessage: "message",
		keyFormat: "format", keyVersion: "version", keySource: "source", keySimulated: "simulated", keyRecorded: "recorded",
		keyReplayed: "replayed", keyDelay: "delayed_ms", keyQuiet: "quiet",
		keyPath: "path", keyConnection: "conn", keySources: "sources", keyAt: "at", keyText: "d", keyBase64: "b64", keyMore: "more",
	}
	for f := range market.AllFields.All() {
		names[fieldKey(f.Bit)] = f.Key
	}
	return names
}()

var keysByName = func() map[string]key {
	m := make(map[string]key, numKeys)
	for k, name := range keyNames {
		m[name] = key(k)
	}
	return m
}()
