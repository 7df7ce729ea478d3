package engine

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
	"github.com/rbee-keeper/provision/provisioner/internal/backoff"
	"github.com/rbee-keeper/provision/provisioner/internal/structkey"
)

// What failed is not tried again at once if that would cost much and gain nothing.
//
//   - Ensure, which a daemon calls for every request, leaves alone every source that failed or had nothing, and every
//     candidate that could not be installed, and uses what is installed meanwhile.
//   - Provision, by which somebody asks for the newest, leaves alone only a source that was slow to fail: otherwise
//     every run on a machine whose packets are dropped would wait for the same timeout.
//   - Both leave alone a file that turned out to be no usable worker: its digest shows that it is still the same.

func (op *operation) sourcePause(s provisioner.Source) backoff.File {
	return op.state().File(backoff.Paused, "source", s.Key, string(s.Config), string(s.With))
}

// absencePause is about what a source does not have.
func (op *operation) absencePause(s provisioner.Source) backoff.File {
	return op.state().File(backoff.Absent, op.sourceCacheKey(s))
}

func (op *operation) checkFile(s provisioner.Source) backoff.File {
	return op.state().File(backoff.Checked, op.sourceCacheKey(s))
}

func (op *operation) state() backoff.Store { return backoff.Store(op.opts.StateDir) }

// sourceCacheKey covers everything that the answer of a source, and what is accepted of it, depends on: the whole
// Source but for how its workers are started and when it is asked, what is asked for, the facts that the user gave, and
// the program. The machine's own facts may change between two answers.
func (op *operation) sourceCacheKey(s provisioner.Source) string {
	return structkey.Of(s, "Where", "Contract", "Launch", "Fallback") + structkey.Of(struct {
		Type       catalog.WorkerType
		Target     string
		Constraint string
		Host       provisioner.Host
		Installer  string
	}{op.req.Type, op.req.Target(), op.req.Constraint.String(), op.opts.Host, op.opts.Installer})
}

// candidatePause depends on the program too, since a newer one may find the executable, and on the facts of the
// machine, which may get a newer libc.
func (op *operation) candidatePause(c candidate) backoff.File {
	parts := []any{"candidate", c.source.Key, c.source.Binary, op.req.Type, op.req.Target(), op.opts.Installer,
		c.release.Version.String(), c.release.Revision, op.host().Only(executable.DecisiveFacts...)}
	for _, f := range c.release.Files {
		parts = append(parts, f.Name, f.Digest)
	}
	return op.state().File(backoff.Paused, parts...)
}

// paused returns an error while what the file is about is to be left alone.
func (op *operation) paused(file backoff.File, limit time.Duration) *provisioner.Error {
	if op.req.Refresh || op.req.Force {
		return nil
	}
	return file.Err(op.backoffAll, limit)
}

// recordAnswer records or ends the pause of a source after it was asked.
func (op *operation) recordAnswer(s provisioner.Source, took time.Duration, err error) {
	if provisioner.KindOf(err) != provisioner.Cancelled {
		op.sourcePause(s).Record(took, err)
	}
}

// recordAbsence records that a source offered nothing that can be installed, or with nil that it did.
func (op *operation) recordAbsence(s provisioner.Source, absence *provisioner.Attempt) {
	var err error
	if absence != nil {
		err = provisioner.Errorf(absence.Kind, "%s", absence.Reason)
	}
	op.absencePause(s).Record(0, err)
}

// recordFailure records that c could not be installed.
func (op *operation) recordFailure(c candidate, err error) {
	if provisioner.KindOf(err) == provisioner.BadPayload && c.release.Integrity == catalog.Published {
		op.candidatePause(c).RecordUnusable(err)
		return
	}
	op.candidatePause(c).Record(0, err)
}

// sourcesToAsk leaves out the sources whose last answer is recent and has nothing newer than what is installed.
func (op *operation) sourcesToAsk(sources []provisioner.Source, have provisioner.Result) []provisioner.Source {
	if have.IsZero() || op.req.Refresh || op.req.Force || op.opts.CheckInterval <= 0 {
		return sources
	}
	var ask []provisioner.Source
	for _, s := range sources {
		if !op.checkFile(s).IsCurrent(have.Version(), op.opts.CheckInterval) {
			ask = append(ask, s)
		}
	}
	return ask
}

// recordCheck records what a source offered, of which usable can be installed. The answers of volatile and of fallback
// sources are not recorded: these are always asked.
func (op *operation) recordCheck(s provisioner.Source, answer provisioner.Resolution, usable []candidate) {
	if op.opts.CheckInterval <= 0 || answer.Volatile || s.Fallback {
		return
	}
	var newest catalog.Version
	for _, c := range usable {
		if c.unusable == nil && c.release.Version.Compare(newest) > 0 {
			newest = c.release.Version
		}
	}
	op.checkFile(s).RecordCheck(newest, op.opts.CheckInterval)
}
