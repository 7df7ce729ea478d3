package spawn

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	defaultReadyTimeout = 2 * time.Minute
	defaultGrace        = 10 * time.Second
)

// Options tell how a worker is started. Catalog and Entry must be set.
type Options struct {
	Catalog *catalog.WorkerCatalog
	// Entry is what to start. Its record is read anew once the entry is leased, since it may have been replaced meanwhile.
	Entry    provisioner.Result
	WorkerID string // empty makes one
	Host     string // address that the worker listens at; empty is 127.0.0.1
	Port     int    // 0 chooses a free one
	// QueenURL is the queen's base URL; without one nobody posts heartbeats.
	QueenURL string
	Model    string   // path or name of the model; see ErrNoModel and ErrModelNeeded
	Args     []string // appended to the template's as they stand
	// Env names variables of this process that the worker gets beside the usual ones. They win over the template's.
	Env []string
	// Verify reads every file of the entry and holds it against the recorded digest. Otherwise only the files' sizes and
	// modes are looked at, and the executable's format.
	Verify bool
	// Output gets a copy of what the worker prints, from one goroutine at a time. It must not block: the worker would too.
	Output io.Writer
	// ReadyTimeout bounds how long the worker may show no sign of getting ready: it prints something, or answers 503.
	// Three times that bounds the whole. 0 is the template's, else 2 minutes.
	ReadyTimeout time.Duration
	Grace        time.Duration // between the signal and the kill; 0 is 10 s, less is none
	// OnEvent is told what happens, from one goroutine at a time. It must return soon, and call no method of the worker.
	OnEvent func(Event)
}

// complete fills in the defaults and refuses what can't be.
func (o Options) complete() (Options, *url.URL, error) {
	if o.Catalog == nil || o.Entry.Worker.ID == "" {
		return o, nil, errors.New("options lack a catalog or an entry")
	}
	if o.Port < 0 || o.Port > 65535 {
		return o, nil, provisioner.Errorf(provisioner.InvalidConfig, "port %d is not between 0 and 65535", o.Port)
	}
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.WorkerID == "" {
		o.WorkerID = newID(o.Entry.Worker.WorkerType)
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	queen, err := parseQueen(o.QueenURL)
	return o, queen, err
}

// newID makes an ID that no other worker has, on whatever machine.
func newID(t catalog.WorkerType) string {
	random := make([]byte, 8)
	_, _ = rand.Read(random) // never fails
	return t.BinaryName() + "-" + hex.EncodeToString(random)
}

// parseQueen reads the queen's URL; nil is none. The error does not quote it, since it may hold a password.
func parseQueen(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "malformed URL of the queen").
			WithHint("use one such as http://127.0.0.1:7833")
	}
	return u, nil
}
