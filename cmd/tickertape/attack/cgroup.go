package attack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryGroups is where cgroup version 1 has the memory controller.
const memoryGroups = "/sys/fs/cgroup/memory"

// MemoryGroup bounds the memory of the processes in it. Whoever makes one removes it.
type MemoryGroup struct{ dir string }

// OpenMemoryGroup makes a group with a limit in bytes. It needs root and cgroup version 1.
func OpenMemoryGroup(limit int64) (*MemoryGroup, error) {
	dir, err := os.MkdirTemp(memoryGroups, "tickertape-attack-")
	if err != nil {
		return nil, err
	}
	g := &MemoryGroup{dir}
	if err := os.WriteFile(filepath.Join(dir, "memory.limit_in_bytes"), []byte(strconv.FormatInt(limit, 10)), 0o644); err != nil {
		return nil, errors.Join(err, g.Remove())
	}
	return g, nil
}

// Procs is the file that a process writes its id into to join the group.
func (g *MemoryGroup) Procs() string { return filepath.Join(g.dir, "cgroup.procs") }

// Killed is how many processes were killed for want of memory.
func (g *MemoryGroup) Killed() (int, error) {
	b, err := os.ReadFile(filepath.Join(g.dir, "memory.oom_control"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if n, found := strings.CutPrefix(line, "oom_kill "); found {
			return strconv.Atoi(strings.TrimSpace(n))
		}
	}
	return 0, nil // an old kernel does not count them
}

// Remove removes the group, whose processes must have ended.
func (g *MemoryGroup) Remove() error {
	if err := os.Remove(g.dir); err != nil {
		return fmt.Errorf("remove the memory group: %w", err)
	}
	return nil
}
