package spawn

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// check returns a *DamagedError unless the entry's files have the recorded sizes, modes and format, and with Verify the
// recorded digests. Of an entry that another program made too little is recorded: its executable must be there.
func (e *entry) check(ctx context.Context, isDeep bool) error {
	depth := provisioner.VerifySize
	if isDeep {
		depth = provisioner.VerifyDigest
	}
	result := provisioner.Result{Worker: e.worker, Provenance: e.provenance}
	problems, err := verify.Inspect(ctx, e.dir, result, depth)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &DamagedError{e.worker.ID, problems[0].In(e.dir), problems[0].Reason}
	}
	if isDeep && e.provenance == nil {
		return provisioner.Errorf(provisioner.Unverified, "entry %q can't be verified: another program made it", e.worker.ID)
	}
	return nil
}
