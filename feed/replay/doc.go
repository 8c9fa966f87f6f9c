// Package replay is the feed that plays a recording: the project's own tick file
// (feed/recording) or, with a mapping of its columns, CSV of any origin.
//
// A file is read through once before anything is served, so that one which cannot be used is an
// error at the start, and all its symbols are known from then on. Ticks keep the times that they
// were recorded with as exchange time; when they come is a matter of speed and gaps. A bad row is
// counted, logged once a kind with its line number, and skipped.
package replay
