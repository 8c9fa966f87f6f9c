package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// boxUsage is the CPU time of a whole machine since it started.
type boxUsage struct {
	at         time.Time
	processes  time.Duration // of all of them
	interrupts time.Duration // the network's part of the work; some kernels charge it to processes as well
	stolen     time.Duration // by other machines on the same hardware
}

// perSecond is the unit of /proc/stat, the same on all architectures that Go runs on.
const perSecond = 100

// readBox reads /proc/stat. It is an error on systems without it, or when it counts other cores than those that this
// process may use.
func readBox(cores int) (boxUsage, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return boxUsage{}, err
	}
	return parseBox(text, cores, time.Now())
}

func parseBox(text []byte, cores int, at time.Time) (boxUsage, error) {
	var sums []time.Duration // user, nice, system, idle, iowait, irq, softirq, steal
	counted := 0
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		switch {
		case len(fields) == 0 || !bytes.HasPrefix(fields[0], []byte("cpu")):
		case len(fields[0]) > 3:
			counted++
		default:
			for _, f := range fields[1:] {
				n, err := strconv.ParseInt(string(f), 10, 64)
				if err != nil {
					return boxUsage{}, err
				}
				sums = append(sums, time.Duration(n)*time.Second/perSecond)
			}
		}
	}
	if len(sums) < 8 || counted != cores {
		return boxUsage{}, errors.New("/proc/stat is not of the cores that this process may use")
	}
	return boxUsage{at: at, processes: sums[0] + sums[1] + sums[2], interrupts: sums[5] + sums[6], stolen: sums[7]}, nil
}

// Box is the generator's whole machine, in cores.
type Box struct {
	Busy   float64 `json:"busy_cores"`   // not idle, whoever had them
	Others float64 `json:"others_cores"` // at least: other processes, and other machines on the same hardware
}

// boxOf is what a machine did between two readings. The run's own processes used own cores of that. Some kernels charge
// interrupts to processes as well, so what is left for others is a lower bound.
func boxOf(from, to boxUsage, own float64) *Box {
	span := float64(to.at.Sub(from.at))
	if span <= 0 {
		return nil
	}
	processes := float64(to.processes-from.processes) / span
	interrupts := float64(to.interrupts-from.interrupts) / span
	stolen := float64(to.stolen-from.stolen) / span
	return &Box{Busy: processes + interrupts + stolen, Others: max(processes-own, 0) + stolen}
}

// full is the part of a machine's cores above which the machine is the limit of a run.
const full = 0.9

// limit says that the machine limited the run, or "" when it did not. local is whether the server runs on it, too.
func (r *Report) limit(local bool) string {
	used, others := r.Generator.Cores, 0.0
	if local && r.Server != nil {
		used += r.Server.Cores
	}
	if r.Box != nil {
		used, others = max(used, r.Box.Busy), r.Box.Others
	}
	cores := float64(r.BoxCores)
	switch used = min(used, cores); { // the readings are not quite of the same moments
	case used <= full*cores:
		return ""
	case others > (1-full)*cores:
		return fmt.Sprintf("the box was full, with at least %.2f of its %d cores for others: it would hold more alone", others, r.BoxCores)
	case local:
		return fmt.Sprintf("the box was full, %.2f of %d cores, of which the generator took %.2f: the server alone would hold more",
			used, r.BoxCores, r.Generator.Cores)
	}
	return fmt.Sprintf("the generator's machine was full, %.2f of %d cores: it was the limit, not the server", used, r.BoxCores)
}
