package vendortest

import (
	"context"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rbee-keeper/provision/provisioner"
)

func checkStop(ctx context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	v, err := s.Open(ctx, s.launch(provisioner.Folders{}, s.variables()))
	if err != nil {
		return failf("start: %v", err)
	}
	_, describeErr := v.Describe(ctx)
	began := time.Now()
	closeErr := v.Close()
	took := time.Since(began)
	switch {
	case describeErr != nil:
		return failf("%v", describeErr)
	case closeErr != nil:
		return failf("%v", closeErr)
	case !v.EndedItself() || took >= ownEnd:
		return failf("it had to be killed %s after it was asked to end", took.Round(time.Millisecond))
	default:
		return nil
	}
}

// checkHostGone ends the vendor's stdin while it fetches, if there is something to fetch.
func checkHostGone(ctx context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	dir, err := s.newDir()
	if err != nil {
		return err
	}
	v, err := s.Open(ctx, s.launch(s.folders(dir), s.variables()))
	if err != nil {
		return failf("start: %v", err)
	}
	defer v.Close()
	done := make(chan struct{})
	if s.release == nil {
		close(done)
	} else {
		f := &fetch{release: *s.release, dir: dir, log: newProgressLog(dir)}
		go func() {
			defer close(done)
			f.run(ctx, s, v, s.Query)
		}()
		<-f.log.soon()
	}
	ended := v.HangUp()
	left := s.awaitGone(ownEnd)
	_ = v.Close()
	<-done
	switch {
	case !ended:
		return failf("its stdin ended, and a second later it still ran")
	case len(left) > 0:
		return failf("it ended when its stdin did, and left running: %s", strings.Join(left, ", "))
	default:
		return nil
	}
}

func checkLeftovers(_ context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	if err := s.checkGone(); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.folder(tempFolder))
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) > 0 {
		return failf("it left in the folder for temporary files: %s", strings.Join(names, ", "))
	}
	return unless(seesProcesses, "no temporary file is left; processes can't be seen on this platform")
}

// awaitGone waits until nothing runs that the vendor started, but no longer than limit, and returns what still does.
func (s *session) awaitGone(limit time.Duration) (left []string) {
	for deadline := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		if left = running(markerVariable + "=" + s.marker); len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

func checkStdout(_ context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	if text, n := s.stdout.text(); n > 0 {
		return failf("%d bytes: %q", n, text[:min(len(text), 200)])
	}
	return nil
}

func checkStderr(_ context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	text, n := s.stderr.text()
	switch {
	case n > maxCaptured:
		return failf("%d bytes, more than %d", n, maxCaptured)
	case !utf8.ValidString(text):
		return failf("it is not UTF-8")
	default:
		return nil
	}
}
