package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/observe"
)

const (
	// EndLimit is how long a process may take to end after it was cancelled. Then the host kills it.
	EndLimit = time.Second
	// StallTime is how long a stalled call runs before it is cancelled, and a fetch that reports no progress.
	StallTime = 300 * time.Millisecond
	// quietTime is how long the suite watches whether a cancelled call changes something after it returned.
	quietTime = 250 * time.Millisecond
)

// errInterrupted is the cause of a cancellation by the suite.
var errInterrupted = errors.New("cancelled by the suite")

// cancel makes a call and cancels it when the moment's channel is closed; a nil moment cancels it before it begins. It
// reports whether the call was interrupted: one that was complete before is right too. Its error says why the call did
// not end as it should.
func (t *Trial) cancel(
	ctx context.Context, v provisioner.Vendor, moment <-chan struct{}, call func(context.Context) error,
) (interrupted bool, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cancelled, done := make(chan time.Time, 1), make(chan struct{})
	end := func() {
		cancelled <- time.Now()
		stop(errInterrupted)
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
	callErr := t.bounded(ctx, call)
	ended := time.Now()
	close(done)
	took := ended.Sub(<-cancelled)
	switch {
	case callErr == nil:
		return false, nil
	case errors.Is(callErr, errDeaf), errors.Is(callErr, errPanicked), errors.Is(callErr, errEndless):
		return false, callErr
	case provisioner.KindOf(callErr) != provisioner.Cancelled:
		return false, fmt.Errorf("it returns %q of kind %q, not of kind %q",
			callErr, provisioner.KindOf(callErr), provisioner.Cancelled)
	}
	if p, ok := v.(Process); ok && (!p.EndedItself() || took >= EndLimit) {
		return false, fmt.Errorf("it had to be killed, %s after it was cancelled", took.Round(time.Millisecond))
	}
	return true, nil
}

// CancelResolve cancels Resolve after some time, or, if that is negative, before the call.
func (t *Trial) CancelResolve(
	ctx context.Context, q provisioner.Query, after time.Duration,
) (interrupted bool, err error) {
	err = t.Use(ctx, t.Folders(""), func(v provisioner.Vendor) (err error) {
		var moment chan struct{}
		if after >= 0 {
			moment = make(chan struct{})
			time.AfterFunc(after, func() { close(moment) })
		}
		interrupted, err = t.cancel(ctx, v, moment, func(ctx context.Context) error {
			_, err := v.Resolve(ctx, t.query(q))
			return err
		})
		return err
	})
	return interrupted, err
}

// CancelFetch cancels a fetch at its first event, or after StallTime.
func (t *Trial) CancelFetch(ctx context.Context, f *Fetch) (interrupted bool, err error) {
	err = t.watchOutside(f, func() error {
		return t.Use(ctx, t.Folders(f.Dir), func(v provisioner.Vendor) (err error) {
			interrupted, err = t.cancel(ctx, v, f.Log.FirstEvent(StallTime), func(ctx context.Context) error {
				t.RunWith(ctx, v, f)
				return f.Err
			})
			return err
		})
	})
	if err != nil {
		return interrupted, err
	}
	return interrupted, f.requireQuiet()
}

// requireQuiet returns an error if a cancelled fetch still changes files or reports progress.
func (f *Fetch) requireQuiet() error {
	before := observe.Files([]string{f.Dir})
	time.Sleep(quietTime)
	if changed := before.Changes(observe.Files([]string{f.Dir})); len(changed) > 0 {
		return fmt.Errorf("it was cancelled and had returned, and then changed %s", strings.Join(changed, ", "))
	}
	if n := f.Log.Summary().Late; n > 0 {
		return fmt.Errorf("it was cancelled and had returned, and then reported progress %d times", n)
	}
	return nil
}
