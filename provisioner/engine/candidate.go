package engine

import (
	"cmp"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// candidate is a release that a source offers and the host accepts.
type candidate struct {
	source  provisioner.Source
	rank    int // of the source among those that were asked
	release provisioner.Release
	// unusable is why its files could not be used when they were fetched before; nil if they were not.
	unusable *provisioner.Error
}

// item is c as an item of a Plan.
func (c candidate) item() PlanItem {
	return PlanItem{Vendor: c.source.Vendor, Version: c.release.Version.String(), Asset: c.asset(),
		Fallback: c.source.Fallback}
}

// isSame reports whether two candidates are the same release of the same source.
func (c candidate) isSame(other candidate) bool {
	return c.source.Key == other.source.Key && c.asset() == other.asset() &&
		c.release.Version.Compare(other.release.Version) == 0
}

// asset is the name of the main file; empty for a build.
func (c candidate) asset() string {
	if len(c.release.Files) == 0 {
		return ""
	}
	return c.release.Files[0].Name
}

// id is the ID that c will have in the catalog.
func (c candidate) id(req provisioner.Request) catalog.ID {
	return catalog.ID{Type: req.Type, Version: c.release.Version, Platform: req.Platform, Arch: req.Arch}
}

func (c candidate) attempt(err error) provisioner.Attempt {
	return provisioner.Attempt{Vendor: c.source.Vendor, Version: c.release.Version.String(), Asset: c.asset(),
		Kind: provisioner.KindOf(err), Reason: provisioner.ReasonOf(err), RetryAt: provisioner.RetryAtOf(err)}
}

func (c candidate) isPrerelease() bool {
	return c.release.Prerelease || c.release.Version.IsPrerelease()
}

// sortCandidates puts the newest first, and of equal versions the earlier source's.
func sortCandidates(candidates []candidate) {
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		return cmp.Or(b.release.Version.Compare(a.release.Version), cmp.Compare(a.rank, b.rank))
	})
}

// sortRejections puts the newest version first, and a rejected release before its rejected assets.
func sortRejections(refusals []provisioner.Rejection) {
	versionOf := func(r provisioner.Rejection) catalog.Version {
		v, err := catalog.ParseVersion(r.Version)
		if err != nil {
			return catalog.Version{} // the oldest
		}
		return v
	}
	slices.SortStableFunc(refusals, func(a, b provisioner.Rejection) int {
		return cmp.Or(versionOf(b).Compare(versionOf(a)), cmp.Compare(min(len(a.Asset), 1), min(len(b.Asset), 1)))
	})
}

// isRevised reports whether c was installed from the same source and now has other contents under the same version.
func (c candidate) isRevised(p *catalog.Provenance) bool {
	return p != nil && p.Source == c.source.Key && c.release.Revision != "" && c.release.Revision != p.Revision
}

// changedSince returns an error if c's version was installed from the same source with other digests than are published
// now, or if none is published any longer. Digests of different algorithms are not compared.
func (c candidate) changedSince(p *catalog.Provenance) *provisioner.Error {
	if p == nil || p.Source != c.source.Key || p.Integrity != catalog.Published {
		return nil
	}
	if c.release.Integrity == catalog.None {
		return changed("version %s was published with digests, and is now published without", c.release.Version)
	}
	recorded := map[string][]catalog.Digest{} // by algorithm
	for _, f := range p.Brought {
		recorded["sha256"] = append(recorded["sha256"], f.Digest)
		recorded[f.Published.Algorithm()] = append(recorded[f.Published.Algorithm()], f.Published)
	}
	for _, f := range c.release.Files {
		if known := recorded[f.Digest.Algorithm()]; len(known) > 0 && !slices.Contains(known, f.Digest) {
			return changed("%s of version %s is now published with %s, and was recorded with %s", f.Name, c.release.Version,
				f.Digest, known[0])
		}
	}
	return nil
}

func changed(format string, args ...any) *provisioner.Error {
	return provisioner.Errorf(provisioner.DigestMismatch, format, args...).
		WithHint("if the publisher says why, take the new files with --force")
}

// refusal returns why the host does not accept c, or nil.
func (c candidate) refusal(req provisioner.Request) *provisioner.Error {
	r := c.release
	switch {
	case r.Version.IsZero():
		return provisioner.Errorf(provisioner.PluginFault, "the vendor offered a release without a version")
	case catalog.ValidateID(c.id(req).String()) != nil:
		return provisioner.Errorf(provisioner.PluginFault, "the version %.40q… can't be the name of a folder", r.Version)
	case c.isPrerelease() && !c.source.Prerelease && !req.Constraint.AsksPrerelease():
		return provisioner.Errorf(provisioner.NotFound,
			"version %s is a prerelease, which neither the source nor the constraint asks for", r.Version)
	case !req.Constraint.Allows(r.Version):
		return provisioner.Errorf(provisioner.NotFound, "version %s does not satisfy %q", r.Version, req.Constraint)
	}
	switch r.Integrity {
	case catalog.Published:
		return c.publishedRefusal()
	case catalog.Built:
		if !c.source.Build {
			return provisioner.Errorf(provisioner.Unverified, "this vendor may not deliver what it built itself").
				WithHint("grant it with `vendors: {%s: {build: true}}`", c.source.Vendor)
		}
	case catalog.None:
		if !c.source.Unverified {
			return provisioner.Errorf(provisioner.Unverified, "no digest is published for %s", c.asset()).
				WithHint("accept it with `unverified: true` in the source's configuration")
		}
	default:
		return provisioner.Errorf(provisioner.PluginFault, "unknown integrity %q", r.Integrity)
	}
	return nil
}

func (c candidate) publishedRefusal() *provisioner.Error {
	if len(c.release.Files) == 0 {
		return provisioner.Errorf(provisioner.PluginFault, "release %s names no file", c.release.Version)
	}
	for _, f := range c.release.Files {
		if !f.Digest.Valid() {
			return provisioner.Errorf(provisioner.PluginFault, "release %s is declared as published but has no digest for %q",
				c.release.Version, f.Name)
		}
	}
	return nil
}
