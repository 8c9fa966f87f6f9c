package admission

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
)

// Memory is what subscribers and requests take, in bytes, and how much they may.
type Memory struct {
	limit int64
	used  atomic.Int64
}

// NewMemory returns a ledger with a limit; 0 is a share of what there is.
func NewMemory(limit Size) *Memory {
	if limit == 0 {
		limit = share()
	}
	return &Memory{limit: int64(limit)}
}

// Reserve takes n bytes for who comes in. A tenth is left for those who are there.
func (m *Memory) Reserve(n int64) bool { return m.take(n, m.limit-m.limit/10) }

// ReserveNeeded takes n bytes for one who is there and cannot do without.
func (m *Memory) ReserveNeeded(n int64) bool { return m.take(n, m.limit) }

func (m *Memory) take(n, limit int64) bool {
	if m.used.Add(n) > limit {
		m.used.Add(-n)
		return false
	}
	return true
}

// Free gives n bytes back.
func (m *Memory) Free(n int64) { m.used.Add(-n) }

// Used is how many bytes are taken.
func (m *Memory) Used() int64 { return m.used.Load() }

// Limit is how many there may be.
func (m *Memory) Limit() int64 { return m.limit }

// share is half of GOMEMLIMIT, or of what the cgroup allows, or else a quarter of the machine's memory. The last two are
// read from Linux's files: systems without them have 1 GiB.
func share() Size {
	if soft := debug.SetMemoryLimit(-1); soft < math.MaxInt64 {
		return Size(soft / 2)
	}
	machine := meminfo(read("/proc/meminfo"))
	least := int64(math.MaxInt64)
	for _, file := range cgroupFiles(read("/proc/self/cgroup")) {
		if n, err := strconv.ParseInt(strings.TrimSpace(read(file)), 10, 64); err == nil && n > 0 {
			least = min(least, n)
		}
	}
	switch {
	case least < machine:
		return Size(least / 2)
	case machine > 0:
		return Size(machine / 4)
	default:
		return 1 << 30
	}
}

func read(file string) string {
	b, _ := os.ReadFile(file) // what cannot be read says nothing
	return string(b)
}

// meminfo is MemTotal of /proc/meminfo (proc(5)), in bytes; 0 where it is not there.
func meminfo(text string) int64 {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, "MemTotal:"); found {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// cgroupFiles are those that may say how much memory the process's cgroups allow, of version 1 and 2 (cgroups(7)).
func cgroupFiles(text string) []string {
	files := []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		path := strings.TrimSuffix(fields[2], "/")
		for up := path; up != ""; up = up[:strings.LastIndexByte(up, '/')] {
			switch {
			case fields[1] == "":
				files = append(files, "/sys/fs/cgroup"+up+"/memory.max")
			case strings.Contains(","+fields[1]+",", ",memory,"):
				files = append(files, "/sys/fs/cgroup/memory"+up+"/memory.limit_in_bytes")
			}
		}
	}
	return files
}
