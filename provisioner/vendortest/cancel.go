package vendortest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

const (
	// ownEnd is how long a process may take to end after it was cancelled; then the host kills it.
	ownEnd = time.Second
	// stallTime is how long a stalled call is left alone before it is cancelled, and one without progress.
	stallTime = 300 * time.Millisecond
	// quietTime is how long is watched whether something goes on after the end.
	quietTime = 250 * time.Millisecond
)

// errInterrupted is the cause of a cancellation by this suite.
var errInterrupted = errors.New("cancelled by the suite")

// cancelling makes a call, and cancels it at a moment; where that is nil, before it begins. It returns the call's own error, and a finding if it went on for too long.
func (s *session) cancelling(
	ctx context.Context, v provisioner.Vendor, moment <-chan struct{}, call func(context.Context) error,
) (callErr, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cancelled := make(chan time.Time, 1)
	done := make(chan struct{})
	end := func() {
		cancelled <- time.Now()
		cancel(errInterrupted)
	}
	if moment == nil {
		end()
	} else {
		go func() {
			select {
			case <-moment:
			case <-done:
			}
			end()
		}()
	}
	callErr = s.bounded(ctx, call)
	ended := time.Now()
	close(done)
	took := ended.Sub(<-cancelled)
	switch {
	case errors.Is(callErr, errDeaf), errors.Is(callErr, errPanicked), errors.Is(callErr, errEndless):
		return nil, failf("%v", callErr)
	case callErr == nil:
		return nil, nil // it was through before
	case provisioner.KindOf(callErr) != provisioner.Cancelled:
		return nil, failf("it returns %q of kind %q, not of kind %q", callErr, provisioner.KindOf(callErr), provisioner.Cancelled)
	}
	if p, ok := v.(Process); ok && (!p.EndedItself() || took >= ownEnd) {
		return nil, failf("it had to be killed, %s after it was cancelled", took.Round(time.Millisecond))
	}
	return callErr, nil
}

func before() <-chan struct{} { return nil }

func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

func checkResolveCancel(ctx context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	attempts := []struct {
		query  provisioner.Query
		moment func() <-chan struct{}
	}{
		{s.Query, before},
		{s.Query, func() <-chan struct{} { return after(time.Millisecond) }},
	}
	if s.Stalled != nil {
		attempts = append(attempts, attempts[0])
		attempts[2].query, attempts[2].moment = *s.Stalled, func() <-chan struct{} { return after(stallTime) }
	}
	for _, a := range attempts {
		err := s.use(ctx, s.folders(""), func(v provisioner.Vendor) error {
			callErr, err := s.cancelling(ctx, v, a.moment(), func(ctx context.Context) error {
				_, err := v.Resolve(ctx, s.query(a.query))
				return err
			})
			s.stallsEarly = callErr != nil // as told of the last, the stalled one
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.checkGone()
}

// checkFetchCancel cancels a fetch at its first event, and one that is stalled.
func checkFetchCancel(ctx context.Context, s *session) error {
	if err := s.needRelease(); err != nil {
		return err
	}
	dir, err := s.newDir()
	if err != nil {
		return err
	}
	halved, err := s.cancelFetch(ctx, s.Query, *s.release, dir)
	if err != nil {
		return err
	}
	if halved {
		s.halved = dir
	}
	if s.Stalled == nil || s.stallsEarly {
		return s.checkGone()
	}
	stalled, err := s.resolve(ctx, *s.Stalled)
	if err != nil {
		return failf("resolve the stalled query: %v", err)
	}
	r := newest(stalled.Releases)
	if r == nil {
		return failf("nothing is offered for the stalled query")
	}
	if dir, err = s.newDir(); err != nil {
		return err
	}
	if _, err := s.cancelFetch(ctx, *s.Stalled, *r, dir); err != nil {
		return err
	}
	return s.checkGone()
}

// cancelFetch cancels a fetch on its way, and reports whether it was still on it.
func (s *session) cancelFetch(ctx context.Context, q provisioner.Query, r provisioner.Release, dir string) (halved bool, err error) {
	f := &fetch{release: r, dir: dir, log: newProgressLog(dir)}
	watch := s.watchOutside(dir)
	err = s.use(ctx, s.folders(dir), func(v provisioner.Vendor) error {
		callErr, err := s.cancelling(ctx, v, f.log.soon(), func(ctx context.Context) error {
			f.run(ctx, s, v, q)
			return f.err
		})
		halved = callErr != nil
		return err
	})
	s.noteOutside(watch)
	if err != nil {
		return halved, err
	}
	return halved, f.checkQuiet()
}

// soon is the moment of the first event, or one not much later.
func (l *progressLog) soon() <-chan struct{} {
	c := make(chan struct{})
	go func() {
		select {
		case <-l.first:
		case <-time.After(stallTime):
		}
		close(c)
	}()
	return c
}

// checkQuiet returns a finding if something of a cancelled fetch goes on.
func (f *fetch) checkQuiet() error {
	before := snapshotOf(f.dir)
	time.Sleep(quietTime)
	if changed := before.changes(snapshotOf(f.dir)); len(changed) > 0 {
		return failf("it was cancelled and had returned, and then changed %s", strings.Join(changed, ", "))
	}
	if n := f.log.lateEvents(); n > 0 {
		return failf("it was cancelled and had returned, and then told %d times of progress", n)
	}
	return nil
}

// checkGone returns a finding if something that the vendor started still runs.
func (s *session) checkGone() error {
	if !s.isProcess() {
		return nil
	}
	if left := s.awaitGone(ownEnd); len(left) > 0 {
		return failf("it has ended, and left running: %s", strings.Join(left, ", "))
	}
	return nil
}

// removeAll deletes a folder with all in it, also what a build made read-only.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
