package githubrelease

import (
	"context"
	"fmt"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	// maxOffers is how many candidates are offered: the host steps back no further.
	maxOffers = 20
	// maxExplained is for how many releases, the newest, the assets that were not chosen are told one by one.
	maxExplained = 5
	// maxConsulted is for how many offers a checksum file is read, which counts against the rate limit. Older offers that
	// need one are left out.
	maxConsulted = 5
)

// Resolve lists the repository's releases page by page, and offers the newest that hold an asset for the machine. It stops
// after a whole page that holds nothing newer than the best it found.
func (s *Source) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	set, err := parseSettings(q)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	r := &resolver{api: s.newAPI(set), query: q, machine: newMachine(q.Platform, q.Arch, q.Host)}
	if err := r.list(ctx); err != nil {
		return provisioner.Resolution{}, err
	}
	return r.resolution(ctx)
}

// resolver is one Resolve on its way.
type resolver struct {
	*api
	query   provisioner.Query
	machine machine

	offers    []offer
	refused   []provisioner.Refusal
	explained int
	tie       *provisioner.Error // of the newest release whose assets tie
	tied      catalog.Version
}

// offer is a release with the assets that were chosen from it.
type offer struct {
	release
	version    catalog.Version
	prerelease bool
	chosen     []asset // the main one first
}

// list goes through the pages.
func (r *resolver) list(ctx context.Context) error {
	looked := 0
	for number := 1; number != 0; {
		releases, next, err := r.page(ctx, number)
		if kind := provisioner.KindOf(err); err != nil && kind.Skippable() && len(r.offers) > 0 {
			r.refuse("", "", kind, "only the first %d releases were looked at: %v", looked, err)
			return nil
		}
		if err != nil {
			return err
		}
		best := r.best()
		for _, rel := range releases {
			if looked++; looked > r.maxReleases {
				r.refuse("", "", provisioner.NotFound, "only the first %d releases were looked at; see `max_releases`", r.maxReleases)
				return nil
			}
			r.consider(rel)
		}
		if !best.IsZero() && r.best().Compare(best) == 0 {
			return nil
		}
		number = next
	}
	return nil
}

// best is the newest version that is offered so far.
func (r *resolver) best() (best catalog.Version) {
	for _, o := range r.offers {
		if o.version.Compare(best) > 0 {
			best = o.version
		}
	}
	return best
}

func (r *resolver) refuse(version, asset string, kind provisioner.Kind, format string, args ...any) {
	r.refused = append(r.refused, provisioner.Refusal{Version: version, Asset: asset, Kind: kind, Reason: fmt.Sprintf(format, args...)})
}

// consider makes a release an offer, or tells why it is none.
func (r *resolver) consider(rel release) {
	if rel.Draft {
		return // only its owners see it
	}
	match := r.tag.FindStringSubmatch(rel.Tag)
	if match == nil {
		r.refuse("", "", provisioner.NotFound, "tag %s does not match the source's `tag`", rel.Tag)
		return
	}
	version, err := catalog.ParseVersion(match[r.tag.SubexpIndex("version")])
	if err != nil {
		r.refuse("", "", provisioner.NotFound, "tag %s: %v", rel.Tag, err)
		return
	}
	o := offer{release: rel, version: version, prerelease: rel.Prerelease || version.IsPrerelease()}
	switch {
	case o.prerelease && !r.prerelease && !r.query.Constraint.AsksPrerelease():
		r.refuse(version.String(), "", provisioner.NotFound, "a prerelease; see `prerelease`")
	case !r.query.Constraint.Allows(version):
		r.refuse(version.String(), "", provisioner.NotFound, "does not satisfy %q", r.query.Constraint)
	default:
		r.chooseFrom(o)
	}
}

// chooseFrom picks the assets of a release that is wanted.
func (r *resolver) chooseFrom(o offer) {
	version := o.version.String()
	uploaded := map[string]asset{}
	var names []string
	for _, a := range o.Assets {
		if a.State != "uploaded" {
			r.refuse(version, a.Name, provisioner.IncompleteRelease, "is not uploaded yet")
			continue
		}
		uploaded[a.Name] = a
		names = append(names, a.Name)
	}
	c, err := choose(names, wish{worker: r.query.Type, machine: r.machine, repo: r.repo, tag: o.Tag, binary: r.query.Binary,
		asset: r.asset, exclude: r.exclude})
	r.explain(version, c.refused)
	switch {
	case err == nil:
		for _, name := range append([]string{c.main}, c.companions...) {
			o.chosen = append(o.chosen, uploaded[name])
		}
		r.offers = append(r.offers, o)
	case err.Kind == provisioner.AmbiguousAsset && o.version.Compare(r.tied) > 0:
		r.tie, r.tied = err, o.version
		r.refuse(version, "", err.Kind, "%s", err.Message)
	case len(o.Assets) == 0:
		r.refuse(version, "", provisioner.IncompleteRelease, "it has no assets")
	case len(names) < len(o.Assets):
		r.refuse(version, "", provisioner.IncompleteRelease, "%d of %d assets are uploaded, and %s", len(names), len(o.Assets), err.Message)
	default:
		r.refuse(version, "", err.Kind, "%s", err.Message)
	}
}

// explain tells why each asset was not chosen, for the first releases; GitHub lists the newest first.
func (r *resolver) explain(version string, refused []provisioner.Refusal) {
	if r.explained++; r.explained > maxExplained {
		return
	}
	for _, refusal := range refused {
		refusal.Version = version
		r.refused = append(r.refused, refusal)
	}
}

// resolution settles how the newest offers' integrity is known.
func (r *resolver) resolution(ctx context.Context) (provisioner.Resolution, error) {
	if r.tie != nil && r.tied.Compare(r.best()) > 0 {
		r.tie.Message = fmt.Sprintf("release %s: %s", r.tied, r.tie.Message)
		return provisioner.Resolution{}, r.tie
	}
	slices.SortStableFunc(r.offers, func(a, b offer) int { return b.version.Compare(a.version) })
	var releases []provisioner.Release
	consulted := 0
	for _, o := range r.offers[:min(len(r.offers), maxOffers)] {
		if r.needsChecksums(o) {
			if consulted++; consulted > maxConsulted {
				r.refuse(o.version.String(), "", provisioner.Unverified, "newer ones are offered; its checksum file was not read")
				continue
			}
		}
		release, err := r.offered(ctx, o)
		kind := provisioner.KindOf(err)
		switch {
		case err == nil && release != nil:
			releases = append(releases, *release)
		case err == nil:
		case kind == provisioner.Cancelled, !kind.Skippable() && len(releases) == 0:
			return provisioner.Resolution{}, err
		default:
			r.refuse(o.version.String(), o.chosen[0].Name, kind, "%v", err)
		}
	}
	r.markIncomplete()
	return provisioner.Resolution{Releases: releases, Refused: r.refused}, nil
}

// markIncomplete tells of newer releases that lack what an older one has: their assets may still come.
func (r *resolver) markIncomplete() {
	best := r.best()
	for i, refusal := range r.refused {
		v, err := catalog.ParseVersion(refusal.Version)
		isLacking := refusal.Asset == "" && refusal.Kind == provisioner.UnsupportedPlatform
		if err == nil && isLacking && !best.IsZero() && v.Compare(best) > 0 {
			r.refused[i].Kind = provisioner.IncompleteRelease
			r.refused[i].Reason += ", which " + best.String() + " has"
		}
	}
}

// offered is an offer as the host takes it; nil where its integrity can't be vouched for as the publisher meant it.
func (r *resolver) offered(ctx context.Context, o offer) (*provisioner.Release, error) {
	sums, err := r.checksumsOf(ctx, o)
	if err != nil {
		return nil, err
	}
	release := provisioner.Release{Version: o.version, Tag: o.Tag, Prerelease: o.prerelease, Integrity: catalog.Published}
	var brought reference
	for _, a := range o.chosen {
		digest, refusal, err := sums.digest(a)
		if err != nil {
			return nil, err
		}
		if refusal != "" {
			r.refuse(o.version.String(), a.Name, provisioner.Unverified, "%s", refusal)
			return nil, nil
		}
		if digest == "" {
			release.Integrity = catalog.None
		}
		release.Files = append(release.Files, provisioner.File{Name: a.Name, Size: a.Size, Digest: digest})
		brought = append(brought, location{a.ID, a.BrowserURL})
	}
	release.Ref = brought.String()
	return &release, nil
}
