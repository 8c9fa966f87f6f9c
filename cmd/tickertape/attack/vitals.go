package attack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Vitals are what the kernel says of a process.
type Vitals struct {
	RSS, Peak   int64 // bytes resident, and the most there have been
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
		into := map[string]*int64{"VmRSS": &v.RSS, "VmHWM": &v.Peak}[key]
		if into == nil {
			continue
		}
		if _, err := fmt.Sscanf(value, "%d kB", into); err != nil {
			return Vitals{}, fmt.Errorf("%s/status: %q: %w", dir, line, err)
		}
		*into <<= 10
	}
	return v, nil
}
