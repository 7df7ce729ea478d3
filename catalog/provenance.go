package catalog

import "time"

// Integrity is how a release's bytes are known to be the right ones.
type Integrity string

// The ways to know.
const (
	Published Integrity = "published" // a digest was published, and known before the first byte came
	Built     Integrity = "built"     // built on this machine; the digest of what came out is recorded
	None      Integrity = "none"      // nothing is known; accepted because the source says `unverified: true`
)

// Provenance is the content of provenance.json, beside an entry's metadata.json: where every byte came from, and how to
// launch it. It holds no secret: URLs are without user info and query.
type Provenance struct {
	Vendor        string    `json:"vendor"`
	VendorVersion string    `json:"vendor_version,omitempty"`
	Source        string    `json:"source"` // the source's key in the configuration: vendor and identifying options
	Version       Version   `json:"version"`
	Tag           string    `json:"tag,omitempty"`        // the release's tag, as published
	Revision      string    `json:"revision,omitempty"`   // of what was built: a commit, or a digest of the sources
	Prerelease    bool      `json:"prerelease,omitempty"` // flagged as such, or by its version's suffix
	Fallback      bool      `json:"fallback,omitempty"`
	Volatile      bool      `json:"volatile,omitempty"`   // its source may change at no notice, as a folder does
	Constraint    string    `json:"constraint,omitempty"` // that of the request that installed it
	Integrity     Integrity `json:"integrity"`
	// Brought lists the files that the vendor brought, in the order of the release.
	Brought []BroughtFile `json:"brought"`
	// Files lists every file of the entry but the records.
	Files []InstalledFile `json:"files"`
	// Executable is the slash-separated path of the executable within the entry's folder.
	Executable string            `json:"executable"`
	Contract   string            `json:"contract"`
	Launch     *Launch           `json:"launch,omitempty"`
	Details    map[string]string `json:"details,omitempty"` // what the vendor tells of it: URL, commit, toolchain
	// Sandbox lists, for a person, what the vendor's process was limited to when it brought this.
	Sandbox   []string  `json:"sandbox,omitempty"`
	Installer string    `json:"installer,omitempty"`
	Installed time.Time `json:"installed_at"`
}

// BroughtFile is a file as a vendor brought it, before it was unpacked.
type BroughtFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	Digest Digest `json:"digest"` // SHA-256
	// Published is the digest that it was held against, where that is of another algorithm.
	Published Digest `json:"published,omitempty"`
}

// InstalledFile is a file of an entry.
type InstalledFile struct {
	Path   string `json:"path"`             // slash-separated, within the entry's folder
	Size   int64  `json:"size"`             // bytes; 0 for a link
	Digest Digest `json:"digest,omitempty"` // of the content; none for a link
	Link   string `json:"link,omitempty"`   // what a symbolic link points to
	Mode   uint32 `json:"mode"`             // Unix permission bits
}
