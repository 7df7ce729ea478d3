package engine

import (
	"math/rand/v2"
	"os"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
)

// What failed is not tried again at once, where that would cost much and bring nothing.
//
// Ensure, which a daemon calls at every request, leaves alone every source that failed or had nothing and every candidate that could
// not be installed, and uses what is installed meanwhile. Provision, by which somebody asks for the newest, leaves alone only a
// source that was slow to fail: else every run on a machine whose packets are dropped would wait for the same timeout.
//
// Both leave alone a file that turned out to be no usable worker: its digest tells that it is still the same.
const (
	slowAnswer   = 3 * time.Second // longer than refused tries on a busy machine, shorter than a connection's timeout
	firstPause   = time.Minute
	longestPause = time.Hour      // of a source
	unusableFor  = 24 * time.Hour // of a file
)

// pause tells what is left alone for a while.
type pause struct {
	Until  time.Time        `json:"until"`
	Length time.Duration    `json:"length_ns,omitempty"` // what the next one follows on; of a source alone
	Slow   bool             `json:"slow,omitempty"`      // the failure took long
	Kind   provisioner.Kind `json:"kind"`
	Reason string           `json:"reason"`
}

func (op *operation) sourcePause(s provisioner.Source) string {
	return op.memory("paused", "source", s.Key, string(s.Config), string(s.With))
}

// absencePause is about what a source does not have.
func (op *operation) absencePause(s provisioner.Source) string {
	return op.memory("absent", op.question(s)...)
}

// question is all that the answer of a source depends on, and what is accepted of it, but for what the machine itself is found to be.
func (op *operation) question(s provisioner.Source) []any {
	return []any{s.Key, string(s.Config), string(s.With), s.Binary, op.req.Type, op.req.Target(), op.req.Constraint.String(),
		s.Prerelease, s.Unverified, s.Build, op.opts.Host, op.opts.Installer}
}

// candidatePause depends on the program too: a newer one may find the executable. And on the machine, which may get a newer libc.
func (op *operation) candidatePause(c candidate) string {
	parts := []any{"candidate", c.source.Key, c.source.Binary, op.req.Type, op.req.Target(), op.opts.Installer,
		c.release.Version.String(), c.release.Revision, op.host().Only(executable.DecisiveFacts...)}
	for _, f := range c.release.Files {
		parts = append(parts, f.Name, f.Digest)
	}
	return op.memory("paused", parts...)
}

// paused returns an error while what file is about is to be left alone.
func (op *operation) paused(file string, longest time.Duration) *provisioner.Error {
	p := recall[pause](file)
	left := time.Until(p.Until)
	isOver := left <= 0 || left > longest // longer, and a clock was wrong
	if isOver || op.req.Refresh || op.req.Force || !p.Slow && !op.patient {
		return nil
	}
	e := provisioner.Errorf(p.Kind, "%s; not tried again before %s", p.Reason, p.Until.Local().Format("2006-01-02 15:04:05 MST"))
	e.RetryAt = p.Until
	return e.WithHint("--refresh tries at once")
}

// noteAnswer records or ends the pauses of a source after it was asked.
func (op *operation) noteAnswer(s provisioner.Source, took time.Duration, err error) {
	if provisioner.KindOf(err) != provisioner.Cancelled {
		op.notePause(op.sourcePause(s), took, err)
	}
}

// noteAbsence records that a source offered nothing that can be installed; nil, that it did.
func (op *operation) noteAbsence(s provisioner.Source, absence *provisioner.Attempt) {
	var err error
	if absence != nil {
		err = provisioner.Errorf(absence.Kind, "%s", absence.Reason)
	}
	op.notePause(op.absencePause(s), 0, err)
}

func (op *operation) notePause(file string, took time.Duration, err error) {
	switch {
	case file == "":
	case err == nil:
		_ = os.Remove(file)
	default:
		remember(file, recall[pause](file).next(took, err))
	}
}

// next is the pause that follows on p after a failure: twice as long as the last. A rate limit tells itself how long; it ends for
// many machines at one moment, so they come back during the minute after it. All within the longest pause, by some jitter.
func (p pause) next(took time.Duration, err error) pause {
	now := time.Now()
	length := jittered(min(max(2*p.Length, firstPause), longestPause))
	next := pause{Until: now.Add(length), Length: length, Slow: took >= slowAnswer, Kind: provisioner.KindOf(err), Reason: provisioner.ReasonOf(err)}
	if retry := provisioner.RetryAtOf(err); retry.After(next.Until) {
		next.Until = earlier(retry.Add(rand.N(firstPause)), now.Add(jittered(longestPause)))
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// noteFailure records that c could not be installed.
func (op *operation) noteFailure(c candidate, err error) {
	if provisioner.KindOf(err) == provisioner.BadPayload && c.release.Integrity == catalog.Published {
		remember(op.candidatePause(c), pause{Until: time.Now().Add(unusableFor), Slow: true, Kind: provisioner.BadPayload, Reason: provisioner.ReasonOf(err)})
		return
	}
	op.notePause(op.candidatePause(c), 0, err)
}
