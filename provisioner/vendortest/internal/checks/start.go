package checks

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/wellformed"
)

// handshakeLimit is how long the host waits for a vendor to start.
const handshakeLimit = 10 * time.Second

// handshake starts the vendor in an empty environment.
func handshake(ctx context.Context, t *trial.Trial) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()
	v, err := t.StartBare(ctx)
	if err != nil {
		return err
	}
	t.Started = true
	return v.Close()
}

func health(ctx context.Context, t *trial.Trial) error {
	v, err := t.StartBare(ctx)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer v.Close()
	ctx, cancel := context.WithTimeout(ctx, trial.Patience)
	defer cancel()
	return v.Ping(ctx)
}

func describe(ctx context.Context, t *trial.Trial) error {
	d, err := t.Describe(ctx)
	if err != nil {
		return err
	}
	t.Description = &d
	if _, err := catalog.ParseVersion(d.Version); err != nil {
		return trial.Hinted(err, "give a semantic version, such as 0.1.0")
	}
	return nil
}

func describedName(_ context.Context, t *trial.Trial) error {
	return wellformed.Name(t.Description.Name)
}

func describedOptions(_ context.Context, t *trial.Trial) error {
	return wellformed.Options(*t.Description)
}

func describedNeeds(_ context.Context, t *trial.Trial) error {
	return wellformed.Needs(t.Description.Needs)
}

func describeStable(ctx context.Context, t *trial.Trial) error {
	again, err := t.Describe(ctx)
	if err != nil {
		return fmt.Errorf("the second time: %w", err)
	}
	if !reflect.DeepEqual(again, *t.Description) {
		return fmt.Errorf("first it was %+v, then %+v", *t.Description, again)
	}
	return nil
}
