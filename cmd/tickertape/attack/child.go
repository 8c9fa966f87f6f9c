package attack

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// childVariable is in the environment of a process that is to be honest clients or attackers.
const childVariable = "TICKERTAPE_ATTACK_CHILD"

// Spec is what a child process is to do.
type Spec struct {
	Addr    string   // host:port of the server, or of the proxy before it
	Symbols []string // that the server has
	Crowds  []Crowd  // attackers; none are honest clients
	Nice    bool     // whether the process leaves the processor to others first
}

// worker is the work of a child: honest clients or attackers.
type worker interface {
	report(mark bool) any
	wait() // until all has ended
}

// isChild is whether this process is to call child instead of running tests.
func isChild() bool { return os.Getenv(childVariable) != "" }

// child reads a [Spec] from standard input and carries it out until the input ends. It writes a line for each line that it
// reads: first the text of an error, "" for none, then a report for each "report" or "mark"; after "mark" the next report
// begins anew.
func child() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var spec Spec
	err := in.Decode(&spec)
	var w worker
	if err == nil {
		w, err = start(ctx, &spec)
	}
	if err != nil {
		out.Encode(err.Error()) // there is no other way to report it
		return
	}
	out.Encode("")
	for {
		var command string
		if in.Decode(&command) != nil {
			cancel()
			w.wait()
			return
		}
		out.Encode(w.report(command == "mark"))
	}
}

func start(ctx context.Context, spec *Spec) (worker, error) {
	if len(spec.Crowds) == 0 {
		return startHonest(ctx, spec)
	}
	return startCrew(ctx, spec)
}

// Process is a child process.
type Process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	said *complaint
	stop func()
}

// answerTime is what a child may take for an answer. A machine that is under attack is slow.
const answerTime = 40 * time.Second

// Start runs exe, this package's test binary, as a child: honest clients have had their first updates when it returns,
// attackers have begun.
func Start(exe string, spec Spec) (*Process, error) {
	cmd := exec.Command(exe)
	if nice, err := exec.LookPath("nice"); err == nil && spec.Nice {
		cmd = exec.Command(nice, "-n", "10", exe)
	}
	cmd.Env = append(os.Environ(), childVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out)), said: &complaint{}}
	cmd.Stderr = p.said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.stop = sync.OnceFunc(func() {
		killed := time.AfterFunc(answerTime, func() { cmd.Process.Kill() })
		defer killed.Stop()
		in.Close()
		cmd.Wait() // its error is of no interest: it has been killed, or its end was asked for
	})
	var failure string
	if err := p.exchange(spec, &failure); err != nil {
		p.stop()
		return nil, err
	}
	if failure != "" {
		p.stop()
		return nil, errors.New(failure)
	}
	return p, nil
}

// exchange sends a line and reads its answer. A child that does not answer is killed.
func (p *Process) exchange(line, answer any) error {
	silent := time.AfterFunc(answerTime, func() { p.cmd.Process.Kill() })
	err := json.NewEncoder(p.in).Encode(line)
	if err == nil {
		err = p.out.Decode(answer)
	}
	switch inTime := silent.Stop(); {
	case err == nil:
		return nil
	case inTime:
		return fmt.Errorf("ask the child: %w%s", err, p.said)
	default:
		return fmt.Errorf("the child was killed, since it did not answer within %v%s", answerTime, p.said)
	}
}

// Honest asks honest clients for what they have seen since the last mark.
func (p *Process) Honest(mark bool) (r HonestReport, err error) {
	return r, p.exchange(command(mark), &r)
}

// Crew asks attackers for what they have seen.
func (p *Process) Crew() (r CrewReport, err error) { return r, p.exchange(command(false), &r) }

func command(mark bool) string {
	if mark {
		return "mark"
	}
	return "report"
}

// Stop has the clients leave, and waits for their process.
func (p *Process) Stop() { p.stop() }

// complaint keeps the beginning of what a child says on standard error: a panic begins with its reason.
type complaint struct {
	mu sync.Mutex
	b  []byte
}

func (c *complaint) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.b) < 4<<10 {
		c.b = append(c.b, b...)
	}
	return len(b), nil
}

func (c *complaint) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.b) == 0 {
		return ""
	}
	return "; it says:\n" + string(c.b)
}
