package engine

import (
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// check remembers that a source was asked, and what was the newest that it had. Until its end, what is installed and as new needs
// no other check.
type check struct {
	Until  time.Time       `json:"until"`
	Newest catalog.Version `json:"newest,omitzero"` // zero where it had nothing
}

func (op *operation) checkFile(s provisioner.Source) string {
	return op.memory("checked", op.question(s)...)
}

// due are the sources that have to be asked, given what is installed.
func (op *operation) due(sources []provisioner.Source, have provisioner.Result) []provisioner.Source {
	if have.IsZero() || op.req.Refresh || op.req.Force || op.opts.CheckInterval <= 0 {
		return sources
	}
	var due []provisioner.Source
	for _, s := range sources {
		c := recall[check](op.checkFile(s))
		left := time.Until(c.Until)
		isRecent := left > 0 && left <= op.opts.CheckInterval
		if !isRecent || c.Newest.Compare(have.Version()) > 0 {
			due = append(due, s)
		}
	}
	return due
}

// noteCheck remembers what a source offered, of which usable can be installed. What may change at any moment is not worth it, nor is
// a fallback.
func (op *operation) noteCheck(s provisioner.Source, answer provisioner.Resolution, usable []candidate) {
	file := op.checkFile(s)
	if file == "" || op.opts.CheckInterval <= 0 || answer.Volatile || s.Fallback {
		return
	}
	c := check{Until: time.Now().Add(jittered(op.opts.CheckInterval))}
	for _, u := range usable {
		if u.unusable == nil && u.release.Version.Compare(c.Newest) > 0 {
			c.Newest = u.release.Version
		}
	}
	remember(file, c)
}
