// Package calendar is the hours of markets: when they trade, and when their trading day begins anew.
//
// US equities keep the holidays that the NYSE has had since 1990 and the half days that it has had since
// 2013. Both follow from rules for all years to come; what the exchange decides for a single day, such
// as a day of mourning, is configuration. Nothing here starts a goroutine or reads a clock.
package calendar
