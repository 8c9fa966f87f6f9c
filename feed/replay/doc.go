// Package replay plays recordings as a feed: those of ticks and raw ones (feed/recording), and CSV of any origin with a
// mapping of its columns. Several files play as one: those of a folder, of a pattern, or of a recording with a rotation.
//
// A recording is read once completely before it is played. So one that cannot be used is an error at the start, and all its
// symbols are known from then on. Ticks keep their exchange times; speed and max_gap decide when they are published. A bad
// row is counted and skipped, and the first of each reason is logged with its line number.
//
// A raw recording is decoded by the decoders of its vendors, one for each of its connections.
package replay
