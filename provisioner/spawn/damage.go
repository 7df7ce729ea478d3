package spawn

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// check returns a *DamagedError unless the entry's files have the recorded sizes, modes and format, and with Verify the
// recorded digests. Of an entry that another program made too little is recorded: its executable must be there.
func (e *leasedEntry) check(ctx context.Context, isDeep bool) error {
	level := provisioner.VerifySize
	if isDeep {
		level = provisioner.VerifyDigest
	}
	problems, err := verify.Inspect(ctx, e.Entry, level)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &DamagedError{e.Worker.ID, problems[0].AbsPath(e.Dir), problems[0].Reason}
	}
	if isDeep && e.Provenance == nil {
		return provisioner.Errorf(provisioner.Unverified, "entry %q can't be verified: another program made it", e.Worker.ID)
	}
	return nil
}
