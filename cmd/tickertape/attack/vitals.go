package attack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Vitals are what the kernel says of a process.
type Vitals struct {
	Peak        int64 // bytes resident, the most there have been
	Descriptors int
}

// ReadVitals reads /proc.
func ReadVitals(pid int) (Vitals, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return Vitals{}, err
	}
	open, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return Vitals{}, err
	}
	v := Vitals{Descriptors: len(open)}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		if key != "VmHWM" {
			continue
		}
		if _, err := fmt.Sscanf(value, "%d kB", &v.Peak); err != nil {
			return Vitals{}, fmt.Errorf("%s/status: %q: %w", dir, line, err)
		}
		v.Peak <<= 10
	}
	return v, nil
}
