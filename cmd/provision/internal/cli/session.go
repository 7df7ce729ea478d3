// Package cli is what the commands of the program share: their streams, their common flags, and how these open the
// catalog and the configuration. A command is a struct of its options with a Session; it knows no other command.
package cli

import (
	"cmp"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Session is one run of the program: its streams and the flags that all commands have. Empty flags mean their defaults.
type Session struct {
	report.Output
	Config, Sandbox, CacheDir string
	Version                   string // of this program
	Reported                  bool   // the command's error is on Stderr already
}

// Options returns what this user's catalog and configuration are opened with. host replaces facts of the machine.
func (s *Session) Options(host map[string]string) builtin.Options {
	return builtin.Options{
		CacheDir: s.CacheDir, Config: s.Config, Sandbox: s.Sandbox, Host: host, Installer: "provision " + s.Version,
	}
}

// Provisioner opens the catalog and the configuration. host replaces facts of the machine.
func (s *Session) Provisioner(host map[string]string) (*engine.Provisioner, error) {
	return builtin.Open(s.Options(host))
}

// Catalog opens the catalog alone, which works whatever the configuration holds.
func (s *Session) Catalog() (*catalog.WorkerCatalog, error) { return builtin.OpenCatalog(s.CacheDir) }

// Plugins opens the installed plugins, which works whatever the configuration holds.
func (s *Session) Plugins() (*store.Store, error) { return builtin.OpenPlugins(s.CacheDir) }

// OnWait returns a function that reports which process is waited for because it changes the entry with an ID.
func (s *Session) OnWait(id string) func(holder string) {
	return func(holder string) { s.Notef("waiting for %s, which works on %s", holder, id) }
}

// ReportError writes an error to Stderr with a hint, unless it is there already. With --json it is an event.
func (s *Session) ReportError(err error) {
	if err == nil || s.Reported {
		return
	}
	hint := cmp.Or(provisioner.HintOf(err), s.machineHint(err))
	if s.JSON {
		event := provisioner.Event{
			Time: time.Now().UTC(), Action: provisioner.ActionFailed, Kind: provisioner.KindOf(err),
			Message: err.Error(), Hint: hint, RetryAt: provisioner.RetryAtOf(err),
		}
		if exit.IsUsage(err) {
			event.Kind = provisioner.InvalidConfig
		}
		if event.Kind == provisioner.Cancelled {
			event.Action = provisioner.ActionCancelled
		}
		s.PrintEvent(event)
		return
	}
	s.Linef("%v", err)
	if hint != "" {
		s.Linef("hint: %s", hint)
	}
}
