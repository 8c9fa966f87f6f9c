package conn

import (
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
)

// quiet is an owner without a goroutine, for connections that are never left with anything.
type quiet struct{ echo }

func (*quiet) Post(func()) bool           { return true }
func (*quiet) Reserve(Memory, int64) bool { return true }
func (*quiet) Release(Memory, int64)      {}

// inStep is a connection whose client reads, by read, what has been written: the kernel has it at once.
func inStep(t testing.TB) (c *Conn, read func(n int)) {
	client, theirs := tcpPair(t)
	client.(*net.TCPConn).SetReadBuffer(1 << 20)
	theirs.(*net.TCPConn).SetWriteBuffer(1 << 20)
	c = startSockets(t, mode{epoll: true}).Raw(theirs, &quiet{}, usual)
	t.Cleanup(func() {
		client.Close()
		c.Cut()
	})
	b := make([]byte, 64<<10)
	return c, func(n int) {
		if _, err := io.ReadFull(client, b[:n]); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkWrite is what frames of 200 bytes cost over TCP: several in one write against one frame as long as they are,
// and against a write for each. The client's read of it is in all figures.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{1, 3, 10} {
		var all [][]byte
		for i := range n {
			all = append(all, textFrame(i, 200))
		}
		one := slices.Concat(all...)
		run := func(name string, write func(c *Conn)) {
			b.Run(fmt.Sprintf("frames=%d/%s", n, name), func(b *testing.B) {
				c, read := inStep(b)
				b.ReportAllocs()
				for b.Loop() {
					write(c)
					read(len(one))
				}
			})
		}
		run("together", func(c *Conn) { c.Write(all...) })
		run("as one", func(c *Conn) { c.Write(one) })
		run("one by one", func(c *Conn) {
			for _, f := range all {
				c.Write(f)
			}
		})
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	c, read := inStep(t)
	if _, ok := c.link.(*blocking); ok {
		t.Skip("there is no epoll")
	}
	a, b := textFrame(1, 20), textFrame(2, 20)
	if n := testing.AllocsPerRun(100, func() {
		c.Write(a)
		c.Write(a, b)
		read(2*len(a) + len(b))
	}); n != 0 {
		t.Errorf("%v allocations for two writes, want none", n)
	}
}
