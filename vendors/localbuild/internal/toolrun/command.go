package toolrun

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"
)

// drainTime is how long the output may stay open after the command's end. Only an escaped process holds it open.
const drainTime = 2 * time.Second

// Command is a program to run. There is no shell.
type Command struct {
	Args   []string // the program first: an absolute path, or a name that is looked up in PATH
	Dir    string
	Env    []string // all of its environment
	Stdout io.Writer
	Stderr io.Writer // may be the same as stdout; then one goroutine writes to it
	// EnvTag is an environment variable, "NAME=value", that only the processes of this command have. It finds those that
	// left the process group; "" finds none.
	EnvTag string
}

// Run runs the command at a low priority. It returns when the command and, as far as the platform can tell, everything
// that it started have ended: it kills what is left. When ctx is done it kills everything and returns ctx's error.
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

// streams copies a command's output from pipes to its writers.
type streams struct {
	writers, readers []*os.File
	copied           chan error
}

// connect makes pipes for the output. With those of os/exec, Wait would wait for every process that holds them.
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

// drain waits for the rest of the output, at most for limit, and returns the errors of the writers.
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
