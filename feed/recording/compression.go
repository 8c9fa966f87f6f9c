package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
)

// compression is a way to compress a file. Such a file is a sequence of members, each of which can be read without the others:
// those of gzip, or the frames of zstd.
type compression struct {
	suffix string // of the names of its files
	magic  []byte // what a member begins with
	begins func([]byte) bool
	open   func() memberReader
}

var compressions = []compression{
	{".gz", gzipMagic, func(b []byte) bool { return bytes.HasPrefix(b, gzipMagic) }, func() memberReader { return &gzipMember{} }},
	{".zst", zstdMagic, func(b []byte) bool { return bytes.HasPrefix(b, zstdMagic) || isSkippable(b) },
		func() memberReader { return &zstdMember{} }},
}

var (
	gzipMagic = []byte{0x1f, 0x8b, 8}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// isSkippable reports whether a frame begins that has no content.
func isSkippable(b []byte) bool {
	return len(b) >= 4 && b[0]&0xf0 == 0x50 && bytes.Equal(b[1:4], []byte{0x2a, 0x4d, 0x18})
}

// memberReader reads one member after another. Read returns io.EOF at the end of each, and never takes more from the stream
// than the member has.
type memberReader interface {
	io.Reader
	// reset begins with the next member.
	reset(*bufio.Reader) error
	free()
}

type gzipMember struct{ gzip.Reader }

func (m *gzipMember) reset(r *bufio.Reader) error {
	if err := m.Reset(r); err != nil {
		return err
	}
	m.Multistream(false)
	return nil
}

func (m *gzipMember) free() {}

// maxWindow is the most memory that a zstd file may make its reader use, in bytes.
const maxWindow = 128 << 20

type zstdMember struct {
	decoder *zstd.Decoder // nil before the first
	frame   zstdFrame
}

func (m *zstdMember) reset(r *bufio.Reader) (err error) {
	m.frame = zstdFrame{r: r}
	if err := m.frame.header(); err != nil {
		return err
	}
	if m.decoder != nil {
		return m.decoder.Reset(&m.frame)
	}
	m.decoder, err = zstd.NewReader(&m.frame, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	return err
}

func (m *zstdMember) Read(b []byte) (int, error) { return m.decoder.Read(b) }

func (m *zstdMember) free() {
	if m.decoder != nil {
		m.decoder.Close()
	}
}

// zstdFrame reads the bytes of one frame, still compressed (RFC 8878).
type zstdFrame struct {
	r        *bufio.Reader
	left     int // bytes until the next header, or the end
	last     bool
	checksum int // bytes after the last block
}

func (f *zstdFrame) header() error {
	first, err := f.r.Peek(zstd.HeaderMaxSize)
	if err != nil && err != io.EOF {
		return err
	}
	var h zstd.Header
	if err := h.Decode(first); err != nil {
		return err
	}
	f.left = h.HeaderSize
	if h.Skippable {
		f.left, f.last = f.left+int(h.SkippableSize), true
	}
	if h.HasCheckSum {
		f.checksum = 4
	}
	return nil
}

func (f *zstdFrame) Read(b []byte) (int, error) {
	if f.left == 0 {
		if f.last {
			return 0, io.EOF
		}
		const size = 3
		head, err := f.r.Peek(size)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		block := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		f.last = block&1 != 0
		f.left = size + block>>3
		if runLength := block>>1&3 == 1; runLength {
			f.left = size + 1
		}
		if f.last {
			f.left += f.checksum
		}
	}
	n, err := f.r.Read(b[:min(len(b), f.left)])
	f.left -= n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
