package provisioner

import (
	"context"
	"encoding/json"

	"github.com/rbee-keeper/provision/catalog"
)

// VendorSource is one place that workers come from: a download or a build, the host asks the same of both.
//
// Errors should be an *Error, whose Kind tells the host whether to try the next candidate. A vendor does not put its own name
// into an error: the host does. All three methods return soon after ctx is done, with nothing of theirs left running.
type VendorSource interface {
	// Describe reports the vendor's name, version, options and needs. It does no I/O.
	Describe(ctx context.Context) (Description, error)
	// Resolve lists the releases that fit q, in any order; none is an empty Resolution, not an error.
	Resolve(ctx context.Context, q Query) (Resolution, error)
	// Fetch puts the files of a release under req.Dir, downloading or building them.
	Fetch(ctx context.Context, req FetchRequest) (Fetched, error)
}

// Description is what a vendor says of itself. It is the same at every call.
type Description struct {
	Name     string   `json:"name"`     // a slug, such as "github-release"
	Version  string   `json:"version"`  // of the vendor's code; a semantic version
	Options  []Option `json:"options"`  // the keys of a source's `with:`
	Settings []Option `json:"settings"` // the keys of the vendor's own `config:`
	Needs    Needs    `json:"needs"`
}

// Option is a key that a vendor takes in its configuration.
type Option struct {
	Name     string     `json:"name"`
	Kind     OptionKind `json:"kind"`
	Help     string     `json:"help"` // one line, for the user
	Required bool       `json:"required,omitempty"`
	// Identity marks an option that tells one source from another: what was installed under another value does not satisfy a
	// request, and is replaced.
	Identity bool `json:"identity,omitempty"`
	// NamesEnv marks a setting whose values are names of environment variables, which are then handed on to the vendor too.
	NamesEnv bool     `json:"names_env,omitempty"`
	Values   []string `json:"values,omitempty"` // all that a StringOption may be; empty allows any
}

// OptionKind is the kind of value that an Option takes.
type OptionKind string

// The kinds of option values.
const (
	StringOption     OptionKind = "string"
	PatternOption    OptionKind = "pattern" // a regular expression in Go's syntax
	BoolOption       OptionKind = "bool"
	IntOption        OptionKind = "int"
	StringsOption    OptionKind = "strings"     // a list
	MapOption        OptionKind = "map"         // a mapping of strings to strings
	PatternsOption   OptionKind = "patterns"    // a list of regular expressions, none of them empty
	PatternMapOption OptionKind = "pattern-map" // a mapping of strings to regular expressions, none of them empty
)

// Needs is what a vendor can't work without; what it does not declare it may not get.
type Needs struct {
	Network bool     `json:"network,omitempty"`
	Tools   []string `json:"tools,omitempty"` // executables looked up in PATH
	Env     []string `json:"env,omitempty"`   // environment variables that are handed on to it
	// Ports are the TCP ports that it connects to, beside 80 and 443, those of the URLs in its configuration and of the user's
	// proxy, and that of name servers; for a vendor that needs the network.
	Ports []uint16 `json:"ports,omitempty"`
	// ReadPaths are what it reads: absolute paths, or such that begin with "~/" or with an environment variable as "$NAME". A vendor
	// that lists some may read nothing else but its own files and folders, and what no program can do without.
	ReadPaths []string `json:"read_paths,omitempty"`
	// WritePaths are what it writes beside its folders for one call, in the same notation. Built-in vendors get them, others as
	// far as the configuration grants them.
	WritePaths []string `json:"write_paths,omitempty"`
}

// Query asks for the releases that fit.
type Query struct {
	Type       catalog.WorkerType `json:"type"`
	Platform   catalog.Platform   `json:"platform"`
	Arch       catalog.Arch       `json:"arch"`
	Constraint catalog.Constraint `json:"constraint"`
	// Binary is the name of the executable that is wanted of the release; empty leaves it to the vendor and the host.
	Binary string `json:"binary,omitempty"`
	// Host holds the facts of the machine that the worker is for.
	Host Host `json:"host,omitzero"`
	// Config and With are JSON objects: the vendor's own configuration, and that of the source asked.
	Config json.RawMessage `json:"config,omitempty"`
	With   json.RawMessage `json:"with,omitempty"`
	// CacheDir is an existing folder of the vendor's own for what may be lost; empty where there is none.
	CacheDir string `json:"cache_dir,omitempty"`
}

// Resolution is the answer to a Query.
type Resolution struct {
	Releases []Release `json:"releases,omitempty"`
	// Rejected lists of the releases and assets that were looked at and do not fit, and why. Where there are no Releases, a whole
	// release that is refused as AmbiguousAsset ends the request with that.
	Rejected []Rejection `json:"refused,omitempty"`
	// Volatile marks an answer that may change at any moment at no notice, as a folder on this machine does: the host asks again
	// each time, whatever its check interval.
	Volatile bool `json:"volatile,omitempty"`
}

// Release is one version of a worker that a vendor can bring for the Query's machine.
type Release struct {
	Version    catalog.Version   `json:"version"`
	Tag        string            `json:"tag,omitempty"` // the name that the release has where it comes from
	Prerelease bool              `json:"prerelease,omitempty"`
	Integrity  catalog.Integrity `json:"integrity"`
	// Files are what Fetch will bring: first the main one, then companions to unpack into the same folder. Where Integrity is
	// Published each has its digest. A build need not know them yet.
	Files []File `json:"files,omitempty"`
	// Ref is the vendor's own note to its Fetch; the host only hands it back.
	Ref string `json:"ref,omitempty"`
	// Revision tells one input of a build from another of the same version: a commit, or a digest of the sources. An installed
	// build of another revision is replaced. Empty where the version tells all.
	Revision string `json:"revision,omitempty"`
}

// File is a file of a release.
type File struct {
	Name   string         `json:"name"`             // a base name
	Size   int64          `json:"size,omitempty"`   // bytes; 0 is unknown
	Digest catalog.Digest `json:"digest,omitempty"` // of the file as it is brought
}

// Rejection tells why a release or one asset of it was not offered.
type Rejection struct {
	Version string `json:"version,omitempty"`
	Asset   string `json:"asset,omitempty"`
	Kind    Kind   `json:"kind"`
	Reason  string `json:"reason"` // for a person: lower case, no full stop
}

// FetchRequest asks a vendor for a release that it offered.
type FetchRequest struct {
	Query   Query
	Release Release
	// Dir is the absolute path of a folder that the vendor may write to. It may hold what an earlier, interrupted Fetch of the
	// same version left there.
	Dir string
	// OnProgress, if set, is called now and then, from one goroutine at a time.
	OnProgress func(Progress)
}

// Report calls OnProgress if it is set.
func (r FetchRequest) Report(p Progress) {
	if r.OnProgress != nil {
		r.OnProgress(p)
	}
}

// Progress tells how far a Fetch is.
type Progress struct {
	Phase Phase  `json:"phase"`
	File  string `json:"file,omitempty"`  // what is being downloaded, or compiled
	Done  int64  `json:"done"`            // bytes
	Total int64  `json:"total,omitempty"` // bytes; 0 is unknown
	// Message is a line for a person: output of a build, or why something is tried again.
	Message string `json:"message,omitempty"`
	// Path is the slash-separated path, below the request's Dir, of a file that grows from its beginning; empty where none does.
	// Settled bytes of it are there and will not change; less than before means that the file was begun anew. The host reads
	// them while the rest is on its way.
	Path    string `json:"-"`
	Settled int64  `json:"-"`
}

// Phase is what a Fetch is doing.
type Phase string

// The phases of a Fetch.
const (
	Downloading Phase = "download"
	Building    Phase = "build"
)

// RevisionDetail is a key of Fetched.Details.
const RevisionDetail = "revision"

// Fetched is what a Fetch brought.
type Fetched struct {
	// Files are slash-separated paths below the request's Dir, in the order of the release's Files.
	Files []string `json:"files"`
	// Details are facts for the provenance record: URL, commit, toolchain. They hold no secret. RevisionDetail is the Revision of
	// what was really built, where that may have changed since the Release was offered.
	Details map[string]string `json:"details,omitempty"`
}

// Vendors opens vendors by name.
type Vendors interface {
	// Open makes a vendor ready for one operation, which needs no other folders than these. An unknown name is an *Error of
	// kind InvalidConfig.
	Open(ctx context.Context, vendor string, folders Folders) (Vendor, error)
}

// Folders are the absolute paths of the folders that a vendor works in during one operation; either may be empty.
type Folders struct {
	Staging string // where Fetch puts files
	Cache   string // Query.CacheDir
}

// Vendor is an opened VendorSource. Close returns when nothing that it started runs any more.
type Vendor interface {
	VendorSource
	Close() error
}
