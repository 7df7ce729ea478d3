package checks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/observe"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
)

func stop(ctx context.Context, t *trial.Trial) error {
	v, err := t.Start(ctx, provisioner.Folders{})
	if err != nil {
		return err
	}
	_, describeErr := v.Describe(ctx)
	began := time.Now()
	closeErr := v.Close()
	took := time.Since(began)
	if err := errors.Join(describeErr, closeErr); err != nil {
		return err
	}
	if !v.EndedItself() || took >= trial.EndLimit {
		return fmt.Errorf("it had to be killed %s after the host asked it to end", took.Round(time.Millisecond))
	}
	return nil
}

// hostGone closes the vendor's stdin, during a fetch if there is a release.
func hostGone(ctx context.Context, t *trial.Trial) error {
	f, err := t.NewFetch()
	if err != nil {
		return err
	}
	v, err := t.Start(ctx, t.Folders(f.Dir))
	if err != nil {
		return err
	}
	defer v.Close()
	done := make(chan struct{})
	if t.Release == nil {
		close(done)
	} else {
		go func() {
			defer close(done)
			t.RunWith(ctx, v, f)
		}()
		<-f.Log.FirstEvent(trial.StallTime)
	}
	ended := v.CloseStdin()
	left := t.AwaitGone(trial.EndLimit)
	_ = v.Close()
	<-done
	switch {
	case !ended:
		return errors.New("its stdin ended, and one second later it still ran")
	case len(left) > 0:
		return fmt.Errorf("it ended when its stdin did, and left running: %s", strings.Join(left, ", "))
	default:
		return nil
	}
}

func leftovers(_ context.Context, t *trial.Trial) error {
	if err := t.RequireGone(); err != nil {
		return err
	}
	entries, err := os.ReadDir(t.Temp())
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) > 0 {
		return fmt.Errorf("it left in the folder for temporary files: %s", strings.Join(names, ", "))
	}
	if !observe.SeesProcesses {
		return trial.Skipf("no temporary file is left; processes can't be listed on this platform")
	}
	return nil
}

func stdout(_ context.Context, t *trial.Trial) error {
	if text, n := t.Stdout.Text(); n > 0 {
		return fmt.Errorf("%d bytes: %q", n, text[:min(len(text), 200)])
	}
	return nil
}

func stderr(_ context.Context, t *trial.Trial) error {
	text, n := t.Stderr.Text()
	switch {
	case n > observe.MaxKept:
		return fmt.Errorf("%d bytes, more than %d", n, observe.MaxKept)
	case !utf8.ValidString(text):
		return errors.New("it is not UTF-8")
	default:
		return nil
	}
}
