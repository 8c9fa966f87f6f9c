// Package house has the tests of this module's source as a whole: which room imports which, and how large files'
// parts may be. It has no code of its own.
package house
