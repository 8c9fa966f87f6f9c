//go:build !unix

package admission

// OpenFiles is how many files this process may have open. Windows has no such limit, only memory for 16 million
// handles: the number is the one that an unlimited Unix process has.
func OpenFiles() uint64 { return mostDescriptors }
