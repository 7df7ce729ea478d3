package toolrun

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"
)

// drainTime is how long the output of a command may take to end once all its processes have: only what escaped from
// them can hold it open.
const drainTime = 2 * time.Second

// command is a program to run, without a shell.
type Command struct {
	Args   []string // the program first: an absolute path, or a name that is looked up in PATH
	Dir    string
	Env    []string // all of its environment
	Stdout io.Writer
	Stderr io.Writer // may be the same as stdout; then one goroutine writes to it
	// mark is an environment variable, as "NAME=value", that the command's processes have and no others; empty if there is
	// none.
	EnvTag string
}

// run returns when the command and, as far as the platform can tell, all that it started have ended: it kills what the
// command left behind, and everything when ctx is done, whose error it then returns. It runs at a low priority.
func (c Command) Run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	streams, err := c.connect(cmd)
	if err != nil {
		return err
	}
	confine(cmd)
	err = cmd.Start()
	streams.closeWriters()
	if err != nil {
		streams.drain(drainTime)
		return err
	}
	g := newGroup(cmd.Process, c.EnvTag)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
		g.end()
	case <-ctx.Done():
		g.end()
		<-ended
		err = ctx.Err()
	}
	return errors.Join(err, streams.drain(drainTime))
}

// streams are the reading ends of a command's output on their way to its writers.
type streams struct {
	writers, readers []*os.File
	copied           chan error
}

// connect gives cmd pipes of our own: those of exec would have Wait wait for whatever else holds them.
func (c Command) connect(cmd *exec.Cmd) (*streams, error) {
	s := &streams{copied: make(chan error, 2)}
	out, err := s.pipeTo(c.Stdout)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	if c.Stderr != c.Stdout {
		if cmd.Stderr, err = s.pipeTo(c.Stderr); err != nil {
			s.closeWriters()
			s.drain(drainTime)
			return nil, err
		}
	}
	return s, nil
}

func (s *streams) pipeTo(w io.Writer) (*os.File, error) {
	r, pipe, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.readers, s.writers = append(s.readers, r), append(s.writers, pipe)
	go func() {
		_, err := io.Copy(w, r)
		if err != nil {
			_, _ = io.Copy(io.Discard, r) // let the command go on to its end
		}
		s.copied <- err
	}()
	return pipe, nil
}

func (s *streams) closeWriters() {
	for _, w := range s.writers {
		_ = w.Close()
	}
}

// drain waits for the rest of the output, but no longer than limit, and returns what went wrong in writing it down.
func (s *streams) drain(limit time.Duration) error {
	var errs []error
	timeout := time.After(limit)
	for range s.readers {
		select {
		case err := <-s.copied:
			errs = append(errs, err)
		case <-timeout:
			for _, r := range s.readers {
				_ = r.Close() // which ends the copying
			}
			timeout = nil
			errs = append(errs, ignoreClosed(<-s.copied))
		}
	}
	for _, r := range s.readers {
		_ = r.Close()
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
