package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// Why a call did not end as it should. Each one fails the check.
var (
	errEndless  = errors.New("no answer")
	errDeaf     = errors.New("it goes on after it was cancelled")
	errPanicked = errors.New("it panicked")
)

// Patience is how long a call may go on after its context is done.
const Patience = 2 * time.Second

// bounded makes a call that may take as long as the suite allows. It does not wait for a call that ignores its
// cancellation.
func (t *Trial) bounded(ctx context.Context, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- recovered(limited, call) }()
	select {
	case err := <-result:
		return err
	case <-limited.Done():
	}
	select {
	case err := <-result:
		if ctx.Err() == nil {
			return fmt.Errorf("%w within %s", errEndless, t.Timeout)
		}
		return err
	case <-time.After(Patience):
		return fmt.Errorf("%w: no return within %s", errDeaf, Patience)
	}
}

// recovered turns a panic of the call into an error.
func recovered(ctx context.Context, call func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			trace := strings.Split(strings.TrimSpace(string(debug.Stack())), "\n")
			err = fmt.Errorf("%w: %v\n%s", errPanicked, p, strings.Join(trace[:min(len(trace), 16)], "\n"))
		}
	}()
	return call(ctx)
}

// Describe asks the vendor to describe itself, in an empty environment.
func (t *Trial) Describe(ctx context.Context) (d provisioner.Description, err error) {
	described := t.Description
	t.Description = nil // so that its variables are not passed on
	defer func() { t.Description = described }()
	err = t.Use(ctx, provisioner.Folders{}, func(v provisioner.Vendor) error {
		return t.bounded(ctx, func(ctx context.Context) (err error) {
			d, err = v.Describe(ctx)
			return err
		})
	})
	return d, err
}

// Resolve resolves a query with a newly opened vendor.
func (t *Trial) Resolve(ctx context.Context, q provisioner.Query) (r provisioner.Resolution, err error) {
	err = t.Use(ctx, t.Folders(""), func(v provisioner.Vendor) (err error) {
		r, err = t.Ask(ctx, v, q)
		return err
	})
	return r, err
}

// Ask resolves a query with a vendor that is open.
func (t *Trial) Ask(
	ctx context.Context, v provisioner.Vendor, q provisioner.Query,
) (r provisioner.Resolution, err error) {
	err = t.bounded(ctx, func(ctx context.Context) (err error) {
		r, err = v.Resolve(ctx, t.query(q))
		return err
	})
	return r, err
}
