// Package board is the last-value cache of all symbols, as a state machine. What sources publish is gathered
// ([Board.Gather], from anywhere) and taken at a flush as one record of inputs ([Board.Take]). Committing the record
// ([Board.Commit]) changes quotes, bars, trades and the position together, from the record alone: two boards that are
// given the same records are equal. What is read is copied out, a few symbols at a time, so that it can be encoded
// outside the board's lock.
package board
