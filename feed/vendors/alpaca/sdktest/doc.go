// Package sdktest points the vendor's own client at the conformance server: what the vendor's program understands
// is what the vendor sends. It is a module of its own, so that the program does not need the vendor's.
package sdktest
