package time

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// step is how far Now is ahead of the machine's clock, in nanoseconds. A test changes it in the file of 8 bytes that TEST_CLOCK names.
var step = mapStep()

func mapStep() *int64 {
	file, found := syscall.Getenv("TEST_CLOCK")
	if !found {
		panic("TEST_CLOCK is not set")
	}
	fd, err := syscall.Open(file, syscall.O_RDONLY, 0)
	if err != nil {
		panic("TEST_CLOCK: " + err.Error())
	}
	defer syscall.Close(fd)
	mapped, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("TEST_CLOCK: " + err.Error())
	}
	return (*int64)(unsafe.Pointer(&mapped[0]))
}

// steppedNow is runtimeNow on the stepped clock. Durations are measured without the step, as when somebody sets the clock.
func steppedNow() (sec int64, nsec int32, mono int64) {
	sec, nsec, mono = runtimeNow()
	at := sec*1e9 + int64(nsec) + atomic.LoadInt64(step)
	return at / 1e9, int32(at % 1e9), mono
}
