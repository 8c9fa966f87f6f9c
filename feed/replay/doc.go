// Package replay is the feed that plays recordings: the project's own tick files and raw ones
// (feed/recording) or, with a mapping of its columns, CSV of any origin. Several files play as one: those
// of a folder, of a pattern, or of a recording that was made with a rotation.
//
// A recording is read through once before anything is served, so that one which cannot be used is an
// error at the start, and all its symbols are known from then on. Ticks keep the times that they
// were recorded with as exchange time; when they come is a matter of speed and gaps. A bad row is
// counted, logged once a kind with its line number, and skipped.
//
// A raw recording goes through the vendors' own decoders, one for each of its connections, so that what
// they made of it then, or would make of it now, can be seen again and again.
package replay
