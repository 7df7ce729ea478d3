package provisioner

import (
	"cmp"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
)

// candidate is a release that a source offers.
type candidate struct {
	source  Source
	rank    int // of the source in the configuration
	release Release
}

// asset is the name of the main file; empty for a build.
func (c candidate) asset() string {
	if len(c.release.Files) == 0 {
		return ""
	}
	return c.release.Files[0].Name
}

func (c candidate) attempt(kind Kind, reason string) Attempt {
	return Attempt{Vendor: c.source.Vendor, Version: c.release.Version.String(), Asset: c.asset(), Kind: kind, Reason: reason}
}

// sortCandidates puts the newest first, and of equal versions the earlier source's.
func sortCandidates(candidates []candidate) {
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		return cmp.Or(b.release.Version.Compare(a.release.Version), cmp.Compare(a.rank, b.rank))
	})
}

// sortRefusals puts the newest version first, and what is said of a whole release before what is said of its assets.
func sortRefusals(refusals []Refusal) {
	versionOf := func(r Refusal) catalog.Version {
		v, err := catalog.ParseVersion(r.Version)
		if err != nil {
			return catalog.Version{} // the oldest
		}
		return v
	}
	slices.SortStableFunc(refusals, func(a, b Refusal) int {
		return cmp.Or(versionOf(b).Compare(versionOf(a)), cmp.Compare(min(len(a.Asset), 1), min(len(b.Asset), 1)))
	})
}

// isCoveredBy reports whether what is installed makes installing c needless.
func (c candidate) isCoveredBy(have Result) bool {
	return !have.isNone() && c.release.Version.Compare(have.version()) <= 0
}

// changedSince returns an error if c's version was installed from the same source with other digests than are published now.
func (c candidate) changedSince(p *catalog.Provenance) *Error {
	if p == nil || p.Source != c.source.Key || p.Integrity != catalog.Published || c.release.Integrity != catalog.Published {
		return nil
	}
	for i, f := range c.release.Files {
		if i < len(p.Brought) && p.Brought[i].Name == f.Name && p.Brought[i].Digest != f.Digest {
			return Errorf(DigestMismatch, "%s of version %s is now published with %s, and was recorded with %s",
				f.Name, c.release.Version, f.Digest, p.Brought[i].Digest).
				WithHint("if the publisher says why, take the new file with --force")
		}
	}
	return nil
}

// refusal tells why the host does not accept c, or returns nil.
func (c candidate) refusal(req Request) *Error {
	r := c.release
	switch {
	case r.Version.IsZero():
		return Errorf(PluginFault, "a release without a version was offered")
	case !req.Constraint.Allows(r.Version):
		return Errorf(NotFound, "version %s does not satisfy %q", r.Version, req.Constraint)
	}
	switch r.Integrity {
	case catalog.Published:
		return c.publishedRefusal()
	case catalog.Built:
		if !c.source.Build {
			return Errorf(Unverified, "this vendor may not bring what it built itself").
				WithHint("grant it with `vendors: %s: build: true`", c.source.Vendor)
		}
	case catalog.None:
		if !c.source.Unverified {
			return Errorf(Unverified, "no digest is published for %s", c.asset()).
				WithHint("accept it with `unverified: true` in the source's configuration")
		}
	default:
		return Errorf(PluginFault, "unknown integrity %q", r.Integrity)
	}
	return nil
}

func (c candidate) publishedRefusal() *Error {
	if len(c.release.Files) == 0 {
		return Errorf(PluginFault, "release %s names no file", c.release.Version)
	}
	for _, f := range c.release.Files {
		if !f.Digest.Valid() {
			return Errorf(PluginFault, "release %s is declared as published, and has no digest for %q", c.release.Version, f.Name)
		}
	}
	return nil
}
