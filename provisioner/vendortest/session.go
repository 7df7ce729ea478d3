package vendortest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// session is one run of a suite: its folders, and what earlier checks learned.
type session struct {
	Suite
	mustOffer bool
	root      string // of all folders
	marker    string // in the environment of all that the vendor starts
	stdout    capture
	stderr    capture
	fetches   int

	started     bool
	description *provisioner.Description
	resolution  *provisioner.Resolution
	release     *provisioner.Release // what is fetched
	fetched     *fetch               // the first that succeeded
	halved      string               // the folder that a cancelled fetch was given
	stallsEarly bool                 // Resolve does not come to an end with the stalled query
	outside     error                // what a vendor did outside of its folders
}

// The folders of a session.
const (
	workFolder  = "work" // the process's working folder
	tempFolder  = "temp"
	cacheFolder = "cache"
	stageFolder = "staging"
	besideFile  = "another-vendors-file"
)

// markerVariable is in the environment of a vendor, and so of what it starts.
const markerVariable = "PROVISION_CONFORMANCE"

func newSession(s Suite, mustOffer bool) (*session, error) {
	root, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, fmt.Errorf("make folders: %w", err)
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("make folders: %w", err)
	}
	for _, name := range []string{workFolder, tempFolder, cacheFolder, stageFolder} {
		if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil {
			return nil, errors.Join(err, os.RemoveAll(root))
		}
	}
	return &session{Suite: s, mustOffer: mustOffer, root: root, marker: rand.Text()}, nil
}

func (s *session) close() { _ = removeAll(s.root) }

func (s *session) folder(name string) string { return filepath.Join(s.root, name) }

// judge runs a check. A panic of the vendor, as far as it is on this goroutine, is its failure.
func (s *session) judge(ctx context.Context, c check) (r Result) {
	return resultOf(c, c.run(ctx, s))
}

// isProcess reports whether the vendor runs in a process of its own.
func (s *session) isProcess() bool { return s.Open != nil }

// use opens the vendor for one operation, and ends it afterwards.
func (s *session) use(ctx context.Context, folders provisioner.Folders, do func(provisioner.Vendor) error) error {
	if !s.isProcess() {
		return do(inProcess{s.New()})
	}
	v, err := s.Open(ctx, s.launch(folders, s.variables()))
	if err != nil {
		return hinted(failf("start: %v", err), hintHandshake)
	}
	err = do(v)
	if closeErr := v.Close(); err == nil && closeErr != nil {
		err = hinted(failf("end: %v", closeErr), hintEnd)
	}
	return err
}

func (s *session) launch(folders provisioner.Folders, variables []string) Launch {
	temp := s.folder(tempFolder)
	return Launch{
		Folders: folders, Dir: s.folder(workFolder), Temp: temp, Variables: variables, Stdout: &s.stdout, Stderr: &s.stderr,
		Env: []string{markerVariable + "=" + s.marker, "TMPDIR=" + temp, "TMP=" + temp, "TEMP=" + temp},
	}
}

// query is q with the session's cache folder.
func (s *session) query(q provisioner.Query) provisioner.Query {
	q.CacheDir = s.folder(cacheFolder)
	return q
}

func (s *session) folders(dir string) provisioner.Folders {
	return provisioner.Folders{Staging: dir, Cache: s.folder(cacheFolder)}
}

// resolve asks the vendor in a process of this operation's alone.
func (s *session) resolve(ctx context.Context, q provisioner.Query) (r provisioner.Resolution, err error) {
	err = s.use(ctx, s.folders(""), func(v provisioner.Vendor) error {
		var err error
		r, err = s.ask(ctx, v, q)
		return err
	})
	return r, err
}

// ask has an opened vendor resolve a query.
func (s *session) ask(ctx context.Context, v provisioner.Vendor, q provisioner.Query) (r provisioner.Resolution, err error) {
	err = s.bounded(ctx, func(ctx context.Context) (err error) {
		r, err = v.Resolve(ctx, s.query(q))
		return err
	})
	return r, err
}

// Why a call did not come to an end as it should. Either is a finding.
var (
	errEndless  = errors.New("no answer")
	errDeaf     = errors.New("it goes on after it was cancelled")
	errPanicked = errors.New("it panicked")
)

// patience is how long a call may go on after its context was done.
const patience = 2 * time.Second

// bounded makes a call that may take as long as the suite allows, and does not wait for one that does not end when it is cancelled.
func (s *session) bounded(ctx context.Context, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.Timeout)
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
			return fmt.Errorf("%w within %s", errEndless, s.Timeout)
		}
		return err
	case <-time.After(patience):
		return fmt.Errorf("%w: no return within %s", errDeaf, patience)
	}
}

// recovered makes a panic of call an error.
func recovered(ctx context.Context, call func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			trace := strings.Split(strings.TrimSpace(string(debug.Stack())), "\n")
			err = fmt.Errorf("%w: %v\n%s", errPanicked, p, strings.Join(trace[:min(len(trace), 16)], "\n"))
		}
	}()
	return call(ctx)
}

// unless returns a skip that tells which earlier failure leaves nothing to look at.
func unless(ok bool, what string) error {
	if ok {
		return nil
	}
	return skipf("%s", what)
}

func (s *session) needStart() error {
	return unless(!s.isProcess() || s.started, "the process could not be started")
}

func (s *session) needDescription() error {
	return cmp.Or(s.needStart(), unless(s.description != nil, "it does not describe itself"))
}

func (s *session) needResolution() error {
	return cmp.Or(s.needDescription(), unless(s.resolution != nil, "the query was not resolved"))
}

func (s *session) needRelease() error {
	return cmp.Or(s.needResolution(), unless(s.release != nil, "no release was offered, so that there is nothing to fetch"))
}

func (s *session) needFetch() error {
	return cmp.Or(s.needRelease(), unless(s.fetched != nil, "nothing was fetched"))
}

// requireKind refuses an error without a kind, and one that names the vendor as the host does.
func (s *session) requireKind(call string, err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	const hint = "return errors of a kind: in Go provisioner.Errorf(provisioner.NotFound, …).WithHint(…), elsewhere an ErrorInfo"
	switch {
	case errors.Is(err, errPanicked), errors.Is(err, errEndless), errors.Is(err, errDeaf):
		return failf("%s: %v", call, err)
	case !ok && provisioner.KindOf(err) != provisioner.Cancelled:
		return hinted(failf("%s: an error without a kind: %v", call, err), hint)
	case !ok:
		return nil
	case !e.Kind.Valid():
		return hinted(failf("%s: an error of the unknown kind %q: %s", call, e.Kind, e.Message), hint)
	case strings.TrimSpace(e.Message) == "":
		return hinted(failf("%s: an error of kind %q that says nothing", call, e.Kind), hint)
	case s.description != nil && strings.HasPrefix(e.Message, s.description.Name+": "):
		return hinted(failf("%s: the error %q begins with the vendor's name, which the host adds", call, e.Message), "leave the name out")
	default:
		return nil
	}
}
