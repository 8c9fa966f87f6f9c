package conn

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Several frames are one system call, and so one segment: without delay, TCP sends what each call brings.
func TestFramesOfAWriteAreOneSystemCall(t *testing.T) {
	c, _ := inStep(t)
	segments := func() uint32 {
		info, err := unix.GetsockoptTCPInfo(c.link.(*socket).fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Fatal(err)
		}
		return info.Data_segs_out
	}
	var some [][]byte
	for i := range 10 {
		some = append(some, textFrame(i, 20))
	}
	before := segments()
	if free, err := c.Write(some...); !free || err != nil {
		t.Fatal(free, err)
	}
	if n := segments() - before; n != 1 {
		t.Errorf("%d segments for a write of 10 frames, want 1", n)
	}
}
