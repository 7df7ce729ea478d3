package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
)

// Error is one mistake in the configuration.
type Error struct {
	File         string // a path, or "built-in provision.yaml"
	Line, Column int    // from 1, columns in characters; 0 if the file could not be read
	Message      string
	Err          error // the cause; may be nil
}

// Error returns the place and the message, for example "provision.yaml:12:7: …".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// problemsOf joins the mistakes in all documents. It returns nil if there is none.
func problemsOf(documents []*document) error {
	var all []error
	var uninstalled []string
	for _, d := range documents {
		slices.SortStableFunc(d.problems, func(a, b *Error) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		for _, e := range d.problems {
			all = append(all, e)
		}
		uninstalled = append(uninstalled, d.uninstalled...)
	}
	if len(all) == 0 {
		return nil
	}
	joined := errors.Join(all...)
	wrong := &provisioner.Error{Kind: provisioner.InvalidConfig, Message: joined.Error(), Err: joined}
	if len(uninstalled) == 0 {
		return wrong
	}
	return wrong.WithHint("if %q is a plugin, install it: `provision plugin install PATH|URL`", uninstalled[0])
}
