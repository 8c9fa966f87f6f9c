//go:build !linux

package dashboard

import "time"

// setOptions does nothing: the options are Linux's.
func setOptions(int, time.Duration) {}
