// Package calendar has the hours of markets: when they trade, and when their trading day begins.
//
// US equities follow the NYSE: its holidays since 1990 and its half days since 2013, by rules that hold for future years
// too. Days that the exchange closes for once, such as a day of mourning, are configuration. Nothing here starts a goroutine
// or reads a clock.
package calendar
