package main

import (
	"errors"

	"github.com/rbee-keeper/provision/provisioner"
)

// The exit codes, those of `provision`. That a signal ended a worker which was ready is no failure.
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

var exitCodes = map[provisioner.Kind]int{
	provisioner.InvalidConfig: exitUsage, provisioner.AmbiguousAsset: exitUsage,
	provisioner.NotFound: exitNoMatch, provisioner.UnsupportedPlatform: exitNoMatch, provisioner.IncompleteRelease: exitNoMatch,
	provisioner.Unreachable: exitUnreachable, provisioner.RateLimited: exitUnreachable, provisioner.Unauthorized: exitUnreachable,
	provisioner.DigestMismatch: exitUnverified, provisioner.SignatureMismatch: exitUnverified,
	provisioner.UnsafeArchive: exitUnverified, provisioner.Unverified: exitUnverified, provisioner.BadPayload: exitUnverified,
	provisioner.MissingTool: exitBuild, provisioner.BuildFailed: exitBuild,
	provisioner.PluginFault: exitPlugin,
	provisioner.Cancelled:   exitInterrupted,
	provisioner.Other:       exitOther,
}

// exitCode maps an error to the exit code; it is the one place that does.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if code, ok := exitCodes[provisioner.KindOf(err)]; ok {
		return code
	}
	return exitOther
}
