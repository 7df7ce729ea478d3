package provisioner

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
)

// Kind classifies an Error. It survives the way from a vendor's process to the host.
type Kind string

// The kinds. After a skippable one the next candidate is tried; after a fatal one no other candidate is tried.
const (
	// NotFound: no release satisfies the request.
	NotFound Kind = "not found"
	// UnsupportedPlatform: there is none for this platform, architecture or machine.
	UnsupportedPlatform Kind = "unsupported platform"
	// IncompleteRelease: a release lacks an asset that it should have, perhaps because it is still being uploaded.
	IncompleteRelease Kind = "incomplete release"
	// Unreachable: a network or a server did not answer.
	Unreachable Kind = "unreachable"
	// RateLimited: a server refuses more requests until Error.RetryAt.
	RateLimited Kind = "rate limited"
	// Unauthorized: a server demands other credentials.
	Unauthorized Kind = "unauthorized"
	// MissingTool: a build needs a program that is not installed.
	MissingTool Kind = "missing tool"
	// BuildFailed: a build failed, or what it made is no usable worker.
	BuildFailed Kind = "build failed"
	// Unverified: no digest is published, and the source does not accept that.
	Unverified Kind = "unverified"
	// BadPayload: what was fetched is damaged, lacks the executable or is for another platform.
	BadPayload Kind = "bad payload"
	// PluginFault: the vendor crashed, hung or broke the protocol; it is excluded from this request.
	PluginFault Kind = "plugin fault"
	// MarkedBad: the release is installed and was marked as bad. Only the host reports it.
	MarkedBad Kind = "marked bad"

	// DigestMismatch: the bytes contradict the published or recorded digest. Fatal.
	DigestMismatch Kind = "digest mismatch"
	// SignatureMismatch: the bytes contradict their signature. Fatal.
	SignatureMismatch Kind = "signature mismatch"
	// UnsafeArchive: an archive would write outside its folder, or beyond every reasonable size. Fatal.
	UnsafeArchive Kind = "unsafe archive"
	// AmbiguousAsset: several assets fit equally well, and only the user can choose. Fatal.
	AmbiguousAsset Kind = "ambiguous asset"
	// InvalidConfig: the configuration or the request is wrong. Fatal.
	InvalidConfig Kind = "invalid configuration"
	// Cancelled: the context ended. Fatal.
	Cancelled Kind = "cancelled"
	// Other: this machine failed, for example with a full disk. Fatal.
	Other Kind = "failure"
)

// kindTable holds everything that depends on a kind: a new one is a constant, a row here, and its value in the wire
// protocol.
var kindTable = map[Kind]struct {
	skippable bool
	exitCode  int
}{
	NotFound:            {skippable: true, exitCode: 3},
	UnsupportedPlatform: {skippable: true, exitCode: 3},
	IncompleteRelease:   {skippable: true, exitCode: 3},
	Unreachable:         {skippable: true, exitCode: 4},
	RateLimited:         {skippable: true, exitCode: 4},
	Unauthorized:        {skippable: true, exitCode: 4},
	MissingTool:         {skippable: true, exitCode: 6},
	BuildFailed:         {skippable: true, exitCode: 6},
	Unverified:          {skippable: true, exitCode: 5},
	BadPayload:          {skippable: true, exitCode: 5},
	PluginFault:         {skippable: true, exitCode: 7},
	MarkedBad:           {skippable: true, exitCode: 3},
	DigestMismatch:      {exitCode: 5},
	SignatureMismatch:   {exitCode: 5},
	UnsafeArchive:       {exitCode: 5},
	AmbiguousAsset:      {exitCode: 2},
	InvalidConfig:       {exitCode: 2},
	Cancelled:           {exitCode: 130},
	Other:               {exitCode: 1},
}

// Kinds lists every kind that a vendor may report, in alphabetical order.
func Kinds() []Kind {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(kindTable)), func(k Kind) bool { return k == MarkedBad })
}

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool {
	_, ok := kindTable[k]
	return ok && k != MarkedBad
}

// Skippable reports whether the next candidate may be tried after an error of kind k.
func (k Kind) Skippable() bool { return kindTable[k].skippable }

// ExitCode is the exit code of a program that ends with an error of kind k; 1 for an unknown kind.
func (k Kind) ExitCode() int {
	if row, ok := kindTable[k]; ok {
		return row.exitCode
	}
	return kindTable[Other].exitCode
}

// KindOf classifies any error: it returns the kind of the first *Error or *NoCandidateError in its tree, NotFound for
// catalog.ErrNotFound, Cancelled for a context that has ended, and otherwise Other.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*NoCandidateError](err); ok {
		return e.Kind
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, catalog.ErrNotFound) {
		return NotFound
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Cancelled
	}
	return Other
}
