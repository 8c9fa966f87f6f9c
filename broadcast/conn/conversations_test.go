package conn

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tickertape/broadcast/conn/conntest"
)

// conversation is one case.
type conversation struct {
	section  string   // of RFC 6455, or "7692 …"
	deflates bool     // permessage-deflate was agreed upon
	sent     []byte   // the client sends a close frame of 1000 behind it
	want     []string // what comes back
}

// then is the end of a conversation in which the client has the last word.
const then = "close 1000"

// plain and packed are cases without and with compression.
func plain(section string, sent []byte, want ...string) conversation {
	return conversation{section, false, sent, want}
}

func packed(section string, sent []byte, want ...string) conversation {
	return conversation{section, true, sent, want}
}

// m is a client's frame.
func m[T string | []byte](head byte, payload T) []byte { return conntest.Masked(head, []byte(payload)) }

func text(s string) string { return fmt.Sprintf("text %s", short([]byte(s))) }

// short is a payload for people.
func short(b []byte) string {
	if len(b) <= 40 {
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%d bytes %q…%q", len(b), b[:8], b[len(b)-8:])
}

func frames(all ...[]byte) []byte { return slices.Concat(all...) }

// sized is a text frame whose length is written in so many bytes.
func sized(bytes int, n uint64, payload string) []byte {
	second := map[int]byte{2: 126, 8: 127}[bytes]
	b := binary.BigEndian.AppendUint64([]byte{0x81, second | 0x80}, n)
	b = append(slices.Concat(b[:2], b[10-bytes:]), 0, 0, 0, 0) // a mask that changes nothing
	return append(b, payload...)
}

// closing is a client's close frame.
func closing(code int, reason string) []byte {
	return conntest.Masked(0x88, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}

// deflate is text as permessage-deflate has it.
func deflate(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	io.WriteString(w, text)
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// finished is text in a last block of deflate.
func finished(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	io.WriteString(w, text)
	w.Close()
	return append(b.Bytes(), 0)
}

// conversations are all cases, by name.
func conversations() map[string]conversation {
	all := map[string]conversation{}
	for _, some := range []map[string]conversation{masks(), lengths(), sizes(), tooLong(), bits(), opcodes(), fragments(), controls(),
		kinds(), closes(), codes(), letters(), badLetters(), compression()} {
		maps.Copy(all, some)
	}
	return all
}

// masks: masks are undone, and are there.
func masks() map[string]conversation {
	return map[string]conversation{
		"unmasked text":       plain("5.1", []byte{0x81, 1, 'x'}, "close 1002"),
		"unmasked empty text": plain("5.1", []byte{0x81, 0}, "close 1002"),
		"unmasked ping":       plain("5.1", []byte{0x89, 0}, "close 1002"),
		"unmasked close":      plain("5.1", []byte{0x88, 0}, "close 1002"),
		"unmasked after text": plain("5.1", frames(m(0x81, "a"), []byte{0x81, 1, 'x'}), text("a"), "close 1002"),
		"unmasked rest":       plain("5.1", frames(m(0x01, "a"), []byte{0x80, 1, 'x'}), "close 1002"),
		"a mask of zeros":     plain("5.3", conntest.MaskedWith([4]byte{}, 0x81, "hello"), text("hello"), then),
		"a mask of ones":      plain("5.3", conntest.MaskedWith([4]byte{255, 255, 255, 255}, 0x81, "hello"), text("hello"), then),
		"several masks": plain("5.3",
			frames(conntest.MaskedWith([4]byte{1, 2, 3, 4}, 0x01, "hello, "), conntest.MaskedWith([4]byte{9, 8, 7, 6}, 0x00, "wide "),
				conntest.MaskedWith([4]byte{0xaa, 0, 0xff, 0x55}, 0x80, "world")),
			text("hello, wide world"), then),
	}
}

// lengths: lengths have their shortest form.
func lengths() map[string]conversation {
	return map[string]conversation{
		"125 in two bytes":        plain("5.2", sized(2, 125, strings.Repeat("x", 125)), "close 1002"),
		"0 in two bytes":          plain("5.2", sized(2, 0, ""), "close 1002"),
		"65535 in eight bytes":    plain("5.2", sized(8, 65535, ""), "close 1002"),
		"0 in eight bytes":        plain("5.2", sized(8, 0, ""), "close 1002"),
		"the top bit of a length": plain("5.2", sized(8, 1<<63, ""), "close 1002"),
		"2^64-1 bytes":            plain("5.2", sized(8, 1<<64-1, ""), "close 1002"),
	}
}

// tooLong: messages have a limit.
func tooLong() map[string]conversation {
	return map[string]conversation{
		"2^63-1 bytes":           plain("7.4.1", sized(8, 1<<63-1, ""), "close 1009"),
		"a byte too long":        plain("7.4.1", m(0x81, make([]byte, conformanceLimit+1)), "close 1009"),
		"a byte too long in two": plain("7.4.1", frames(m(0x01, make([]byte, conformanceLimit)), m(0x80, "x")), "close 1009"),
		"as long as it may be": plain("7.4.1",
			m(0x81, strings.Repeat("x", conformanceLimit)),
			text(strings.Repeat("x", conformanceLimit)), then),
		"too long, announced only": plain("7.4.1", sized(8, conformanceLimit+1, ""), "close 1009"),
	}
}

// fragments: messages come in parts.
func fragments() map[string]conversation {
	return map[string]conversation{
		"two fragments":   plain("5.4", frames(m(0x01, "Hel"), m(0x80, "lo")), text("Hello"), then),
		"empty fragments": plain("5.4", frames(m(0x01, ""), m(0x00, ""), m(0x80, "")), text(""), then),
		"an empty first":  plain("5.4", frames(m(0x01, ""), m(0x80, "x")), text("x"), then),
		"an empty last":   plain("5.4", frames(m(0x01, "x"), m(0x80, "")), text("x"), then),
		"many fragments": plain("5.4",
			frames(m(0x01, "0"), bytes.Repeat(m(0x00, "1"), 30), m(0x80, "2")),
			text("0"+strings.Repeat("1", 30)+"2"), then),
		"a ping between":  plain("5.4", frames(m(0x01, "a"), m(0x89, "p"), m(0x80, "b")), `pong "p"`, text("ab"), then),
		"a pong between":  plain("5.4", frames(m(0x01, "a"), m(0x8a, "p"), m(0x80, "b")), text("ab"), then),
		"a close between": plain("5.4", frames(m(0x01, "a"), closing(1001, "")), "close 1001"),
		"two fragmented messages": plain("5.4",
			frames(m(0x01, "a"), m(0x80, "b"), m(0x01, "c"), m(0x80, "d")),
			text("ab"), text("cd"), then),
		"a rest of nothing":       plain("5.4", m(0x80, "x"), "close 1002"),
		"a middle of nothing":     plain("5.4", m(0x00, "x"), "close 1002"),
		"a rest after a message":  plain("5.4", frames(m(0x81, "a"), m(0x80, "x")), text("a"), "close 1002"),
		"text within text":        plain("5.4", frames(m(0x01, "a"), m(0x81, "b")), "close 1002"),
		"text begins within text": plain("5.4", frames(m(0x01, "a"), m(0x01, "b")), "close 1002"),
		"binary within text":      plain("5.4", frames(m(0x01, "a"), m(0x82, "b")), "close 1002"),
		"text within binary":      plain("5.4", frames(m(0x02, "a"), m(0x81, "b")), "close 1002"),
	}
}

// controls: control frames are whole, short and answered.
func controls() map[string]conversation {
	return map[string]conversation{
		"half a ping":           plain("5.5", m(0x09, "x"), "close 1002"),
		"half a pong":           plain("5.5", m(0x0a, ""), "close 1002"),
		"half a close":          plain("5.5", m(0x08, []byte{3, 232}), "close 1002"),
		"a ping of 126 bytes":   plain("5.5", m(0x89, make([]byte, 126)), "close 1002"),
		"a pong of 126 bytes":   plain("5.5", m(0x8a, make([]byte, 126)), "close 1002"),
		"a close of 126 bytes":  plain("5.5", closing(1000, strings.Repeat("x", 124)), "close 1002"),
		"a ping of 65536 bytes": plain("5.5", m(0x89, make([]byte, 65536)), "close 1002"),
		"an empty ping":         plain("5.5.2", m(0x89, ""), `pong ""`, then),
		"a ping with text":      plain("5.5.2", m(0x89, "hello"), `pong "hello"`, then),
		"a ping with bytes":     plain("5.5.2", m(0x89, "\x00\xff\xfe\x80"), `pong "\x00\xff\xfe\x80"`, then),
		"a ping of 125 bytes":   plain("5.5.2", m(0x89, strings.Repeat("y", 125)), "pong "+short([]byte(strings.Repeat("y", 125))), then),
		"a pong for no ping":    plain("5.5.3", m(0x8a, "x"), then),
	}
}

// kinds: messages are text.
func kinds() map[string]conversation {
	return map[string]conversation{
		"binary":              plain("5.6", m(0x82, []byte{1, 2, 3}), "close 1003"),
		"empty binary":        plain("5.6", m(0x82, ""), "close 1003"),
		"binary in fragments": plain("5.6", frames(m(0x02, "a"), m(0x80, "b")), "close 1003"),
	}
}

// closes: closes are answered, and are the last.
func closes() map[string]conversation {
	return map[string]conversation{
		"an empty close":              plain("7.1.5", m(0x88, ""), "close"),
		"a close of one byte":         plain("5.5.1", m(0x88, []byte{3}), "close 1002"),
		"a close with a reason":       plain("5.5.1", closing(1000, "bye"), "close 1000"),
		"a close with a long reason":  plain("5.5.1", closing(1000, strings.Repeat("é", 61)), "close 1000"),
		"a reason that is no UTF-8":   plain("8.1", closing(1000, "\xff"), "close 1007"),
		"a reason with half a letter": plain("8.1", closing(3000, "caf\xc3"), "close 1007"),
		"text after a close":          plain("5.5.1", frames(closing(1001, ""), m(0x81, "x")), "close 1001"),
		"a ping after a close":        plain("5.5.1", frames(closing(1001, ""), m(0x89, "x")), "close 1001"),
		"nonsense after a close":      plain("5.5.1", frames(closing(1001, ""), []byte("\xff\xff\xff")), "close 1001"),
		"a close after a close":       plain("5.5.1", frames(closing(1001, ""), closing(1000, "")), "close 1001"),
		"text, then a close":          plain("5.5.1", frames(m(0x81, "x"), closing(1001, "")), text("x"), "close 1001"),
	}
}

// letters: text is UTF-8.
func letters() map[string]conversation {
	return map[string]conversation{
		"letters": plain("8.1", m(0x81, "κόσμε €𝄞"), text("κόσμε €𝄞"), then),
		"the ends of UTF-8": plain("8.1",
			m(0x81, "\x00\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\U00010000\U0010ffff"),
			text("\x00\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\U00010000\U0010ffff"), then),
		"a letter over two fragments": plain("8.1", frames(m(0x01, "caf\xc3"), m(0x80, "\xa9")), text("café"), then),
		"a letter over four fragments": plain("8.1",
			frames(m(0x01, "\xf0"), m(0x00, "\x9d"), m(0x00, "\x84"), m(0x80, "\x9e")),
			text("𝄞"), then),
		"a ping within a letter":         plain("8.1", frames(m(0x01, "\xc3"), m(0x89, "p"), m(0x80, "\xa9")), `pong "p"`, text("é"), then),
		"half a letter over fragments":   plain("8.1", frames(m(0x01, "caf\xc3"), m(0x80, "x")), "close 1007"),
		"half a letter, then nothing":    plain("8.1", frames(m(0x01, "caf\xc3"), m(0x80, "")), "close 1007"),
		"letters of two messages":        plain("8.1", frames(m(0x81, "caf\xc3"), m(0x81, "\xa9")), "close 1007"),
		"a bad byte in the first of two": plain("8.1", frames(m(0x01, "a\xffb"), m(0x80, "c")), "close 1007"),
		"a bad byte in the last of two":  plain("8.1", frames(m(0x01, "ab"), m(0x80, "\xffc")), "close 1007"),
		"good text, then bad":            plain("8.1", frames(m(0x81, "a"), m(0x81, "\xff")), text("a"), "close 1007"),
	}
}

// compression: messages come compressed, where that was agreed upon.
func compression() map[string]conversation {
	return map[string]conversation{
		"compressed": packed("7692 7.2.2", m(0xc1, deflate("hello")), text("hello"), then),
		"compressed, and long": packed("7692 7.2.1",
			m(0xc1, deflate(strings.Repeat("hello ", 100))),
			"deflated "+short([]byte(strings.Repeat("hello ", 100))), then),
		"as it is, and long": packed("7692 6",
			m(0x81, strings.Repeat("hello ", 100)),
			"deflated "+short([]byte(strings.Repeat("hello ", 100))), then),
		"compressed, and as long as may be": packed("7692 6",
			m(0xc1, deflate(strings.Repeat("x", conformanceLimit))),
			"deflated "+short([]byte(strings.Repeat("x", conformanceLimit))), then),
		"as it is, where it was agreed": packed("7692 6", m(0x81, "hello"), text("hello"), then),
		"compressed fragments": packed("7692 6.1",
			frames(m(0x41, deflate("hello")[:3]), m(0x80, deflate("hello")[3:])),
			text("hello"), then),
		"compressed, an empty last": packed("7692 6.1", frames(m(0x41, deflate("hello")), m(0x80, "")), text("hello"), then),
		"a ping in a compressed message": packed("7692 6.1",
			frames(m(0x41, deflate("hello")[:3]), m(0x89, "p"), m(0x80, deflate("hello")[3:])),
			`pong "p"`, text("hello"), then),
		"compressed twice": packed("7692 7.1.1",
			frames(m(0xc1, deflate("hello")), m(0xc1, deflate("hello"))),
			text("hello"), text("hello"), then),
		"compressed nothing":          packed("7692 7.2.3.6", m(0xc1, []byte{0}), text(""), then),
		"compressed, no bytes at all": packed("7692 7.2.2", m(0xc1, ""), "close 1007"),
		"the RFC's example":           packed("7692 7.2.3.1", m(0xc1, []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), text("Hello"), then),
		"a block that is stored": packed("7692 7.2.3.3",
			m(0xc1, []byte{0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}),
			text("Hello"), then),
		"a last block": packed("7692 7.2.3.4", m(0xc1, finished("Hello")), text("Hello"), then),
		"two blocks": packed("7692 7.2.3.5",
			m(0xc1, []byte{0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}),
			text("Hello"), then),
		"compressed binary":               packed("5.6", m(0xc2, deflate("hello")), "close 1003"),
		"compressed, not UTF-8":           packed("8.1", m(0xc1, deflate("a\xff")), "close 1007"),
		"damaged":                         packed("7692 7.2.2", m(0xc1, "\xff\xff\xff\xff"), "close 1007"),
		"cut off":                         packed("7692 7.2.2", m(0xc1, deflate(strings.Repeat("hello", 100))[:6]), "close 1007"),
		"a bomb":                          packed("7.4.1", m(0xc1, deflate(strings.Repeat("x", 8<<20))), "close 1009"),
		"a byte too long when unpacked":   packed("7.4.1", m(0xc1, deflate(strings.Repeat("x", conformanceLimit+1))), "close 1009"),
		"a compressed ping":               packed("7692 6.1", m(0xc9, ""), "close 1002"),
		"a compressed pong":               packed("7692 6.1", m(0xca, ""), "close 1002"),
		"a compressed close":              packed("7692 6.1", m(0xc8, []byte{3, 232}), "close 1002"),
		"a compressed rest":               packed("7692 6.1", frames(m(0x41, deflate("hello")), m(0xc0, "")), "close 1002"),
		"a compressed rest of plain text": packed("7692 6.1", frames(m(0x01, "a"), m(0xc0, deflate("b"))), "close 1002"),
		"the second bit, compressing":     packed("5.2", m(0xa1, "x"), "close 1002"),
		"the third bit, compressing":      packed("5.2", m(0x91, "x"), "close 1002"),
		"all bits, compressing":           packed("5.2", m(0xf1, "x"), "close 1002"),
		"compressed, not agreed upon":     plain("5.2", m(0xc1, deflate("hello")), "close 1002"),
	}
}

// sizes: each change of the length's form, and what reads and buffers hold.
func sizes() map[string]conversation {
	all := map[string]conversation{}
	for _, n := range []int{0, 1, 2, 3, 124, 125, 126, 127, 128, 511, 512, 1023, 1024, 4096, 16384, 65534, 65535, 65536, 65537, 70_000} {
		payload := strings.Repeat("0123456789", n/10+1)[:n]
		all[fmt.Sprintf("a text of %d bytes", n)] = plain("5.2", m(0x81, payload), text(payload), then)
	}
	return all
}

// bits: reserved bits are not set.
func bits() map[string]conversation {
	all := map[string]conversation{}
	for _, set := range []byte{0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70} {
		for name, op := range map[string]byte{"text": 0x81, "ping": 0x89, "pong": 0x8a, "close": 0x88} {
			all[fmt.Sprintf("reserved bits %#x of a %s", set, name)] = plain("5.2", m(op|set, ""), "close 1002")
		}
	}
	return all
}

// opcodes: those that there are not.
func opcodes() map[string]conversation {
	all := map[string]conversation{}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		all[fmt.Sprintf("opcode %d", op)] = plain("5.2", m(0x80|op, ""), "close 1002")
		all[fmt.Sprintf("opcode %d in parts", op)] = plain("5.2", m(op, "x"), "close 1002")
		all[fmt.Sprintf("opcode %d, compressing", op)] = packed("5.2", m(0xc0|op, ""), "close 1002")
	}
	return all
}

// codes: those of closes, those that may be sent and others.
func codes() map[string]conversation {
	all := map[string]conversation{}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		all[fmt.Sprintf("a close with %d", code)] = plain("7.4.1", closing(code, "x"), fmt.Sprintf("close %d", code))
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		all[fmt.Sprintf("a close with %d", code)] = plain("7.4.2", closing(code, ""), "close 1002")
	}
	return all
}

// badLetters: what is not UTF-8.
func badLetters() map[string]conversation {
	all := map[string]conversation{}
	for name, bad := range map[string]string{
		"a rest alone": "\x80", "the last rest": "\xbf", "two starts": "\xc3\xc3", "half a letter": "a\xe2\x82",
		"too long a slash": "\xc0\xaf", "too long a zero": "\xe0\x80\x80", "too long four": "\xf0\x80\x80\x80",
		"a first surrogate": "\xed\xa0\x80", "a second surrogate": "\xed\xbf\xbf", "both surrogates": "\xed\xa0\x80\xed\xb0\x80",
		"beyond the last": "\xf4\x90\x80\x80", "five bytes": "\xf8\x88\x80\x80\x80", "six bytes": "\xfc\x84\x80\x80\x80\x80",
		"fe": "\xfe", "ff": "\xff", "half of four": "\xf0\x9d\x84",
	} {
		all["UTF-8: "+name] = plain("8.1", m(0x81, "good "+bad), "close 1007")
		all["UTF-8: "+name+", in fragments"] = plain("8.1", frames(m(0x01, "good "), m(0x00, bad[:1]), m(0x80, bad[1:])), "close 1007")
	}
	return all
}
