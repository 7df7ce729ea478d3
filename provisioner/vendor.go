package provisioner

import (
	"context"
	"encoding/json"

	"github.com/rbee-keeper/provision/catalog"
)

// VendorSource is one place that workers come from. A download and a build answer the same three questions.
//
// Errors should be an *Error: its Kind decides whether the host tries the next candidate. A vendor does not put its own
// name into an error; the host does. All three methods return soon after ctx has ended, and leave nothing running.
type VendorSource interface {
	// Describe reports the vendor's name, version, options and needs. It does no I/O.
	Describe(ctx context.Context) (Description, error)
	// Resolve lists the releases that fit q, in any order. If there are none it returns an empty Resolution and no error.
	Resolve(ctx context.Context, q Query) (Resolution, error)
	// Fetch puts the files of a release under req.Dir, downloading or building them.
	Fetch(ctx context.Context, req FetchRequest) (Fetched, error)
}

// Description is what a vendor reports about itself. It is the same for every call.
type Description struct {
	Name     string   `json:"name"`     // a slug, such as "github-release"
	Version  string   `json:"version"`  // of the vendor's code; a semantic version
	Options  []Option `json:"options"`  // the keys of a source's `with:`
	Settings []Option `json:"settings"` // the keys of the vendor's own `config:`
	Needs    Needs    `json:"needs"`
}

// Option is a key that a vendor accepts in its configuration.
type Option struct {
	Name     string     `json:"name"`
	Kind     OptionKind `json:"kind"`
	Help     string     `json:"help"` // one line, for the user
	Required bool       `json:"required,omitempty"`
	// Identity marks an option that distinguishes sources: what was installed with another value does not satisfy a
	// request, and is replaced.
	Identity bool `json:"identity,omitempty"`
	// NamesEnv marks a setting whose values are names of environment variables. The vendor receives these variables too.
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

// Needs are what a vendor can't work without. It may not receive what it does not declare.
type Needs struct {
	Network bool     `json:"network,omitempty"`
	Tools   []string `json:"tools,omitempty"` // executables looked up in PATH
	Env     []string `json:"env,omitempty"`   // environment variables that it receives
	// Ports are the TCP ports that a vendor with Network connects to, besides 80, 443, those of name servers and of the
	// user's proxy, and those in the URLs of its configuration.
	Ports []uint16 `json:"ports,omitempty"`
	// ReadPaths are the files and folders that it reads: absolute paths, or paths that begin with "~/" or with an
	// environment variable as "$NAME". A vendor that lists some may read nothing else but its own files and folders, and
	// those that every program needs.
	ReadPaths []string `json:"read_paths,omitempty"`
	// WritePaths are what it writes besides its folders for one call, in the same notation. Built-in vendors get them;
	// others get those that the configuration grants.
	WritePaths []string `json:"write_paths,omitempty"`
}

// Query asks a vendor for the releases that fit.
type Query struct {
	Type       catalog.WorkerType `json:"type"`
	Platform   catalog.Platform   `json:"platform"`
	Arch       catalog.Arch       `json:"arch"`
	Constraint catalog.Constraint `json:"constraint"`
	// Binary is the name of the executable that the release must contain; empty leaves that to the vendor and the host.
	Binary string `json:"binary,omitempty"`
	// Host holds the facts of the machine that the worker is for.
	Host Host `json:"host,omitzero"`
	// Config and With are JSON objects: the vendor's own configuration, and that of the source.
	Config json.RawMessage `json:"config,omitempty"`
	With   json.RawMessage `json:"with,omitempty"`
	// CacheDir is an existing folder that belongs to the vendor, for files that may be lost; empty if there is none.
	CacheDir string `json:"cache_dir,omitempty"`
}

// Resolution is the answer to a Query.
type Resolution struct {
	Releases []Release `json:"releases,omitempty"`
	// Rejected lists the releases and assets that do not fit, and why. Without Releases, a whole release that is rejected
	// as AmbiguousAsset ends the request with this kind.
	Rejected []Rejection `json:"refused,omitempty"`
	// Volatile marks an answer that may change at any moment, such as that of a folder on this machine: the host asks
	// again each time, whatever its check interval.
	Volatile bool `json:"volatile,omitempty"`
}

// Release is one version of a worker that a vendor can fetch for the Query's machine.
type Release struct {
	Version    catalog.Version   `json:"version"`
	Tag        string            `json:"tag,omitempty"` // the name of the release at its source
	Prerelease bool              `json:"prerelease,omitempty"`
	Integrity  catalog.Integrity `json:"integrity"`
	// Files are what Fetch will deliver: first the main one, then companions to unpack into the same folder. If Integrity
	// is Published, each has its digest. A build may leave them empty.
	Files []File `json:"files,omitempty"`
	// Ref is a note of the vendor to its own Fetch; the host only passes it back.
	Ref string `json:"ref,omitempty"`
	// Revision distinguishes the inputs of builds of the same version: a commit, or a digest of the sources. An installed
	// build of another revision is replaced. Empty if the version says everything.
	Revision string `json:"revision,omitempty"`
}

// File is a file of a release.
type File struct {
	Name   string         `json:"name"`             // a base name
	Size   int64          `json:"size,omitempty"`   // bytes; 0 is unknown
	Digest catalog.Digest `json:"digest,omitempty"` // of the file as it is delivered
}

// Rejection is a release, or one asset of it, that was not offered, and why.
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
	// Dir is the absolute path of a folder that the vendor may write to. It may contain what an earlier, interrupted Fetch
	// of the same version left there.
	Dir string
	// OnProgress, if set, receives progress, from one goroutine at a time.
	OnProgress func(Progress)
}

// Report calls OnProgress if it is set.
func (r FetchRequest) Report(p Progress) {
	if r.OnProgress != nil {
		r.OnProgress(p)
	}
}

// Progress is how far a Fetch is.
type Progress struct {
	Phase Phase  `json:"phase"`
	File  string `json:"file,omitempty"`  // what is being downloaded, or compiled
	Done  int64  `json:"done"`            // bytes
	Total int64  `json:"total,omitempty"` // bytes; 0 is unknown
	// Message is a line for a person: output of a build, or why something is tried again. It may be empty.
	Message string `json:"message,omitempty"`
	// Path is the slash-separated path, below the request's Dir, of a file that grows from its beginning; empty if none
	// does. Its first Settled bytes will not change, and the host reads them while the rest arrives. Fewer than before
	// mean that the file was started again.
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

// Fetched is what a Fetch delivered.
type Fetched struct {
	// Files are slash-separated paths below the request's Dir, in the order of the release's Files.
	Files []string `json:"files"`
	// Details are facts for the provenance record: URL, commit, toolchain. They contain no secret. RevisionDetail is the
	// Revision of what was actually built, which may have changed since the Release was offered.
	Details map[string]string `json:"details,omitempty"`
}

// Vendors opens vendors by name.
type Vendors interface {
	// Open opens a vendor for one operation, which uses no other folders than these. An unknown name is an *Error of kind
	// InvalidConfig.
	Open(ctx context.Context, vendor string, folders Folders) (Vendor, error)
}

// Folders are the absolute paths of the folders that a vendor uses during one operation; either may be empty.
type Folders struct {
	Staging string // where Fetch puts files
	Cache   string // Query.CacheDir
}

// Vendor is an opened VendorSource. Close returns when nothing that the vendor started is running any longer.
type Vendor interface {
	VendorSource
	// Confinement reports how the vendor's process is limited.
	Confinement() Confinement
	Close() error
}
