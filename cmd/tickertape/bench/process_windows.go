package bench

import (
	"os"
	"time"

	"golang.org/x/sys/windows"

	"tickertape/broadcast/admission"
)

// processorTime is what this process has used since its beginning, in user and kernel mode.
func processorTime() (time.Duration, error) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		return 0, err
	}
	return elapsed(kernel) + elapsed(user), nil
}

// elapsed is a duration that Windows gives in units of 100 ns. Filetime.Nanoseconds would take it for a date.
func elapsed(f windows.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}

// raiseDescriptors is the limit of open files that a server counts with: Windows has none that could be raised.
func raiseDescriptors() (uint64, error) { return admission.OpenFiles(), nil }

// limitReceiveBuffer sets how many bytes the system takes for a connection before they are read. A system that
// refuses makes the reader no faster.
func limitReceiveBuffer(fd uintptr, bytes int) {
	windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_RCVBUF, bytes)
}

// askToEnd tells a server to drain and end. It may have ended. Windows has no SIGTERM: the server leads a process
// group (see apart), and a group can be sent what Ctrl+Break sends, which Go delivers as SIGINT. Without a console
// that fails, and the server is killed when its time to end is over.
func askToEnd(p *os.Process) {
	windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid))
}
