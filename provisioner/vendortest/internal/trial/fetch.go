package trial

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/observe"
)

// Fetch is one call of Fetch, and what was seen of it.
type Fetch struct {
	Query   provisioner.Query
	Release provisioner.Release
	Dir     string
	Log     *observe.ProgressLog
	Fetched provisioner.Fetched // what the vendor returned
	Err     error               // likewise
}

// otherFile is beside the folder of each fetch. A vendor that changes it writes outside of its folder.
const otherFile = "another-vendors-file"

// NewFetch prepares to fetch the trial's release into a new empty folder.
func (t *Trial) NewFetch() (*Fetch, error) {
	t.fetches++
	dir := filepath.Join(t.root, stagingFolder, fmt.Sprint(t.fetches), "fetch")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f := t.FetchInto(dir)
	return f, os.WriteFile(filepath.Join(filepath.Dir(dir), otherFile), []byte("keep this"), 0o600)
}

// FetchInto prepares to fetch the trial's release into a folder of an earlier fetch.
func (t *Trial) FetchInto(dir string) *Fetch {
	f := &Fetch{Query: t.Query, Dir: dir, Log: observe.NewProgressLog(dir)}
	if t.Release != nil {
		f.Release = *t.Release
	}
	return f
}

// Run makes the call with a newly opened vendor. Its error is that of opening and closing it; that of the call is
// f.Err.
func (t *Trial) Run(ctx context.Context, f *Fetch) error {
	return t.watchOutside(f, func() error {
		return t.Use(ctx, t.Folders(f.Dir), func(v provisioner.Vendor) error {
			t.RunWith(ctx, v, f)
			return nil
		})
	})
}

// RunWith makes the call with a vendor that is open.
func (t *Trial) RunWith(ctx context.Context, v provisioner.Vendor, f *Fetch) {
	f.Err = t.bounded(ctx, func(ctx context.Context) (err error) {
		f.Fetched, err = v.Fetch(ctx, provisioner.FetchRequest{
			Query: t.query(f.Query), Release: f.Release, Dir: f.Dir, OnProgress: f.Log.Record,
		})
		return err
	})
	f.Log.End()
}

// watchOutside records in Outside what changes beside the folders of a fetch, and in the working folder, while do runs.
func (t *Trial) watchOutside(f *Fetch, do func() error) error {
	folders := []string{t.root}
	wd, err := os.Getwd()
	if err == nil && !t.IsProcess() && !strings.HasPrefix(t.root, wd+string(filepath.Separator)) {
		folders = append(folders, wd)
	}
	look := func() observe.Snapshot { return observe.Files(folders, f.Dir, t.cache(), t.Temp()) }
	before := look()
	err = do()
	if changed := before.Changes(look()); len(changed) > 0 && t.Outside == nil {
		t.Outside = fmt.Errorf("it changed %s", strings.Join(changed, ", "))
	}
	return err
}
