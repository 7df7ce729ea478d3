package trial

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/observe"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/wellformed"
)

// Options are the fields of a vendortest.Suite, which documents them.
type Options struct {
	New         func() provisioner.VendorSource
	Open        func(context.Context, Launch) (Process, error)
	Query       provisioner.Query
	Stalled     *provisioner.Query
	AnyPlatform bool
	Timeout     time.Duration
}

const defaultTimeout = 2 * time.Minute

// Trial is one run of a suite.
type Trial struct {
	Options
	MustOffer      bool           // whether a vendor without a release fails
	Stdout, Stderr observe.Output // of all processes that were started
	Facts

	root    string // holds all folders
	marker  string // "key=value", in the environment of all that the vendor starts
	fetches int
}

// Facts are what the checks that ran already learned. Later checks use them.
type Facts struct {
	Started      bool // always, for a vendor in this process
	Description  *provisioner.Description
	Resolution   *provisioner.Resolution
	Release      *provisioner.Release // the newest one, which is fetched
	Fetched      *Fetch               // the first that succeeded
	Interrupted  string               // the folder of a fetch that was cancelled before its end
	ResolveStall bool                 // Resolve does not return for the stalled query
	Outside      error                // what a vendor did outside of its folders
}

// The folders of a trial, below its root.
const (
	workFolder    = "work" // the working folder of a process
	tempFolder    = "temp"
	cacheFolder   = "cache"
	stagingFolder = "staging"
)

// New makes the folders of a trial.
func New(o Options) (*Trial, error) {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	o.Query = withDefaults(o.Query)
	if o.Stalled != nil {
		stalled := withDefaults(*o.Stalled)
		o.Stalled = &stalled
	}
	root, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, fmt.Errorf("make folders: %w", err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("make folders: %w", err)
	}
	for _, name := range []string{workFolder, tempFolder, cacheFolder, stagingFolder} {
		if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil {
			return nil, errors.Join(err, os.RemoveAll(root))
		}
	}
	t := &Trial{Options: o, root: root, marker: "PROVISION_CONFORMANCE=" + rand.Text()}
	t.Started = !t.IsProcess()
	return t, nil
}

func withDefaults(q provisioner.Query) provisioner.Query {
	if q.Type == "" {
		q.Type = catalog.CpuLlm
	}
	if q.Platform == "" {
		q.Platform, q.Arch = catalog.Current(), catalog.CurrentArch()
	}
	return q
}

// Close deletes the folders.
func (t *Trial) Close() { _ = catalog.RemoveTree(t.root) }

// Temp returns the folder for temporary files.
func (t *Trial) Temp() string { return filepath.Join(t.root, tempFolder) }

func (t *Trial) cache() string { return filepath.Join(t.root, cacheFolder) }

// Folders are what the host grants a vendor; staging is empty where nothing is fetched.
func (t *Trial) Folders(staging string) provisioner.Folders {
	return provisioner.Folders{Staging: staging, Cache: t.cache()}
}

// query is q with the trial's cache folder.
func (t *Trial) query(q provisioner.Query) provisioner.Query {
	q.CacheDir = t.cache()
	return q
}

// IsProcess reports whether the vendor runs in a process of its own.
func (t *Trial) IsProcess() bool { return t.Open != nil }

// Start starts a process with the variables that the vendor declares and its configuration names.
func (t *Trial) Start(ctx context.Context, folders provisioner.Folders) (Process, error) {
	var variables []string
	if t.Description != nil {
		variables = wellformed.Variables(*t.Description, t.Query)
	}
	v, err := t.Open(ctx, t.launch(folders, variables))
	if err != nil {
		return nil, Hinted(fmt.Errorf("start: %w", err), HintHandshake)
	}
	return v, nil
}

// StartBare starts a process with an empty environment and without folders to fetch into.
func (t *Trial) StartBare(ctx context.Context) (Process, error) {
	return t.Open(ctx, t.launch(provisioner.Folders{}, nil))
}

func (t *Trial) launch(folders provisioner.Folders, variables []string) Launch {
	temp := t.Temp()
	return Launch{
		Folders: folders, Dir: filepath.Join(t.root, workFolder), Temp: temp, Variables: variables,
		Stdout: &t.Stdout, Stderr: &t.Stderr, Env: []string{t.marker, "TMPDIR=" + temp, "TMP=" + temp, "TEMP=" + temp},
	}
}

// Use opens the vendor for one operation, and closes it afterwards.
func (t *Trial) Use(ctx context.Context, folders provisioner.Folders, do func(provisioner.Vendor) error) error {
	if !t.IsProcess() {
		return do(inProcess{t.New()})
	}
	v, err := t.Start(ctx, folders)
	if err != nil {
		return err
	}
	err = do(v)
	if closeErr := v.Close(); err == nil && closeErr != nil {
		err = Hinted(fmt.Errorf("end: %w", closeErr), HintEnd)
	}
	return err
}

// AwaitGone waits until nothing that the vendor started is running, for up to a limit. It returns what still runs then.
func (t *Trial) AwaitGone(limit time.Duration) (left []string) {
	for deadline := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		if left = observe.Processes(t.marker); len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// RequireGone returns an error if something that the vendor started is still running.
func (t *Trial) RequireGone() error {
	if !t.IsProcess() {
		return nil
	}
	if left := t.AwaitGone(EndLimit); len(left) > 0 {
		return fmt.Errorf("it has ended, and left running: %s", strings.Join(left, ", "))
	}
	return nil
}
