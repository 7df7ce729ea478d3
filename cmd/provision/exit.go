package main

import (
	"errors"

	"github.com/rbee-keeper/provision/provisioner"
)

// The exit codes, as the README has them.
const (
	exitDone        = 0
	exitOther       = 1
	exitUsage       = 2
	exitNoMatch     = 3
	exitUnreachable = 4
	exitUnverified  = 5
	exitBuild       = 6
	exitPlugin      = 7
	exitInterrupted = 130
)

// usageError is a mistake in the command line.
type usageError struct{ error }

// Unwrap returns the mistake.
func (e usageError) Unwrap() error { return e.error }

// exitCode maps an error to the exit code; it is the one place that does.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	switch provisioner.KindOf(err) {
	case provisioner.InvalidConfig, provisioner.AmbiguousAsset:
		return exitUsage
	case provisioner.NotFound, provisioner.UnsupportedPlatform, provisioner.IncompleteRelease:
		return exitNoMatch
	case provisioner.Unreachable, provisioner.RateLimited, provisioner.Unauthorized:
		return exitUnreachable
	case provisioner.DigestMismatch, provisioner.SignatureMismatch, provisioner.UnsafeArchive, provisioner.Unverified,
		provisioner.BadPayload:
		return exitUnverified
	case provisioner.MissingTool, provisioner.BuildFailed:
		return exitBuild
	case provisioner.PluginFault:
		return exitPlugin
	case provisioner.Cancelled:
		return exitInterrupted
	default:
		return exitOther
	}
}
