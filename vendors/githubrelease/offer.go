package githubrelease

import (
	"fmt"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/assetname"
)

// offer is a release with the assets that were chosen from it.
type offer struct {
	release
	version    catalog.Version
	name       string // of the version, as it stands in the tag
	prerelease bool
	chosen     []asset // the main one first
}

// consider makes a release an offer, or tells why it is none.
func (r *resolver) consider(rel release) error {
	match := r.tag.FindStringSubmatch(rel.Tag)
	if match == nil {
		r.refuse("", "", provisioner.NotFound, "tag %s does not match the source's `tag`", rel.Tag)
		return nil
	}
	o := offer{release: rel, name: match[r.tag.SubexpIndex("version")]}
	version, err := catalog.ParseVersion(o.name)
	if err != nil {
		r.refuse("", "", provisioner.NotFound, "tag %s: %v", rel.Tag, err)
		return nil
	}
	o.version, o.prerelease = version, rel.Prerelease || version.IsPrerelease()
	switch {
	case rel.Draft: // only those who may write see it
		r.refuse(version.String(), "", provisioner.NotFound, "a draft")
	case o.prerelease && !r.prerelease && !r.query.Constraint.AsksPrerelease():
		r.refuse(version.String(), "", provisioner.NotFound, "a prerelease; see `prerelease`")
	case !r.query.Constraint.Allows(version):
		r.refuse(version.String(), "", provisioner.NotFound, "does not satisfy %q", r.query.Constraint)
	default:
		return r.chooseFrom(o)
	}
	return nil
}

// chooseFrom picks the assets of a release that is wanted.
func (r *resolver) chooseFrom(o offer) error {
	version := o.version.String()
	uploaded := map[string]asset{}
	var names []string
	for _, a := range o.Assets {
		if a.State != uploadedState {
			r.refuse(version, a.Name, provisioner.IncompleteRelease, "is not uploaded yet")
			continue
		}
		uploaded[a.Name] = a
		names = append(names, a.Name)
	}
	criteria, err := r.criteria(o)
	if err != nil {
		return err
	}
	c, choiceErr := assetname.Select(names, criteria)
	r.explain(version, c.Rejected)
	if choiceErr != nil {
		r.refuseRelease(o, len(names), c.NoWorker, choiceErr)
		return nil
	}
	for _, name := range append([]string{c.Main}, c.Companions...) {
		o.chosen = append(o.chosen, uploaded[name])
	}
	r.add(o)
	return nil
}

// criteria describes the asset that the query wants of a release.
func (r *resolver) criteria(o offer) (c assetname.Criteria, err error) {
	c = assetname.Criteria{
		Worker: r.query.Type, Platform: r.query.Platform, Arch: r.query.Arch, Host: r.query.Host,
		Repo: r.repo, Tag: o.Tag, Binary: r.query.Binary, Exclude: r.exclude,
	}
	if r.asset != nil {
		if c.Asset, err = r.asset.fill(o.name, o.Tag); err != nil {
			return c, err
		}
	}
	for _, t := range r.companions {
		pattern, err := t.fill(o.name, o.Tag)
		if err != nil {
			return c, err
		}
		c.Companions = append(c.Companions, pattern)
	}
	return c, nil
}

// refuseRelease tells why nothing was chosen from a release.
func (r *resolver) refuseRelease(o offer, uploaded int, isBare bool, err *provisioner.Error) {
	version := o.version.String()
	switch {
	case err.Kind == provisioner.AmbiguousAsset:
		r.refuse(version, "", err.Kind, "%s; %s", err.Message, err.Hint)
		if o.version.Compare(r.tied) > 0 {
			r.tied = o.version
		}
	case len(o.Assets) == 0:
		r.refuse(version, "", provisioner.IncompleteRelease, "it has no assets")
	case uploaded < len(o.Assets):
		r.refuse(version, "", provisioner.IncompleteRelease, "%d of %d assets are uploaded, and %s", uploaded, len(o.Assets),
			err.Message)
	case isBare:
		r.refuse(version, "", provisioner.IncompleteRelease, "none of its assets is a worker, for whatever machine")
	default:
		r.refuse(version, "", err.Kind, "%s", err.Message)
	}
}

// add offers a release. Of two with the same version it keeps the one that was published last.
func (r *resolver) add(o offer) {
	for i, other := range r.offers {
		if o.version.Compare(other.version) != 0 {
			continue
		}
		if o.PublishedAt.After(other.PublishedAt) {
			o, other, r.offers[i] = other, o, o
		}
		r.refuse(o.version.String(), "", provisioner.NotFound, "tag %s has the same version as %s, which was published later",
			o.Tag, r.offers[i].Tag)
		return
	}
	r.offers = append(r.offers, o)
}

// arriving is for how long after its publication a release may still lack assets that are on their way.
const arriving = 24 * time.Hour

// dropArriving leaves out new releases whose companions an older one has and they lack: these are often uploaded last,
// and without them the worker does not start.
func (r *resolver) dropArriving(offers []offer) (whole []offer) {
	for i, o := range offers {
		isNew := time.Since(o.PublishedAt) < arriving
		if i+1 < len(offers) && isNew && len(o.chosen) < len(offers[i+1].chosen) {
			r.refuse(o.version.String(), "", provisioner.IncompleteRelease, "it lacks the like of %s, which %s has",
				offers[i+1].chosen[len(o.chosen)].Name, offers[i+1].version)
			continue
		}
		whole = append(whole, o)
	}
	return whole
}

func (r *resolver) refuse(version, asset string, kind provisioner.Kind, format string, args ...any) {
	r.refused = append(r.refused, provisioner.Rejection{Version: version, Asset: asset, Kind: kind,
		Reason: fmt.Sprintf(format, args...)})
}

// explain tells why each asset was not chosen, for the first releases; GitHub lists the newest first.
func (r *resolver) explain(version string, refused []provisioner.Rejection) {
	if r.explained++; r.explained > maxExplained {
		return
	}
	for _, refusal := range refused {
		refusal.Version = version
		r.refused = append(r.refused, refusal)
	}
}
