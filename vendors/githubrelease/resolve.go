package githubrelease

import (
	"context"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	// maxOffers is how many candidates are offered: the host steps back no further.
	maxOffers = 20
	// maxExplained is for how many releases, the newest, the assets that were not chosen are told one by one.
	maxExplained = 5
	// maxConsulted is for how many offers a checksum file is read that is needed now. Older offers that need one are left
	// out.
	maxConsulted = 5
)

// Resolve lists the repository's releases page by page, and offers the newest that hold an asset for the machine. It
// stops after a whole page that holds nothing newer than the best it found.
func (s *Source) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	set, err := parseSettings(q)
	if err != nil {
		return provisioner.Resolution{}, err
	}
	r := &resolver{api: s.newAPI(set, q.CacheDir), query: q}
	if err := r.list(ctx); err != nil {
		return provisioner.Resolution{}, err
	}
	return r.resolution(ctx)
}

// resolver is one Resolve on its way.
type resolver struct {
	*api
	query provisioner.Query

	offers    []offer
	refused   []provisioner.Rejection
	explained int
	tied      catalog.Version // the newest release whose assets tie; zero is none
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
		for i, rel := range releases {
			if err := r.consider(rel); err != nil {
				return err
			}
			looked++
			if isLast := i == len(releases)-1 && next == 0; looked == r.maxReleases && !isLast {
				r.refuse("", "", provisioner.IncompleteRelease, "only the first %d releases were looked at; see `max_releases`",
					r.maxReleases)
				return nil
			}
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

// resolution settles how the newest offers' integrity is known.
func (r *resolver) resolution(ctx context.Context) (provisioner.Resolution, error) {
	if r.tied.Compare(r.best()) > 0 {
		return r.undecided(), nil
	}
	slices.SortStableFunc(r.offers, func(a, b offer) int { return b.version.Compare(a.version) })
	r.offers = r.dropArriving(r.offers)
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
	return provisioner.Resolution{Releases: releases, Rejected: r.refused}, nil
}

// undecided offers nothing, as only the user can tell which of the newest release's assets is the worker.
func (r *resolver) undecided() provisioner.Resolution {
	for _, o := range r.offers {
		r.refuse(o.version.String(), o.chosen[0].Name, provisioner.NotFound,
			"%s is newer, and which of its assets to take is not clear", r.tied)
	}
	return provisioner.Resolution{Rejected: r.refused}
}

// markIncomplete tells of newer releases that lack what an older one has: their assets may still come. For the others
// it tells the key that may help.
func (r *resolver) markIncomplete() {
	best := r.best()
	for i, refusal := range r.refused {
		if refusal.Asset != "" || refusal.Kind != provisioner.UnsupportedPlatform {
			continue
		}
		v, err := catalog.ParseVersion(refusal.Version)
		if err == nil && !best.IsZero() && v.Compare(best) > 0 {
			r.refused[i].Kind = provisioner.IncompleteRelease
			r.refused[i].Reason += ", which " + best.String() + " has"
		} else {
			r.refused[i].Reason += "; see `asset`"
		}
	}
}

// offered is an offer as the host takes it; nil where its integrity can't be vouched for as the publisher meant it.
func (r *resolver) offered(ctx context.Context, o offer) (*provisioner.Release, error) {
	named := fillName(r.api.checksums, o.name, o.Tag)
	files := checksumFiles(o, named)
	var sums checksums
	if r.needsChecksums(o) {
		var err error
		if sums, err = r.readChecksums(ctx, o.Tag, o.chosen, files); err != nil {
			return nil, err
		}
	}
	if named != "" && len(files) == 0 {
		sums = checksums{file: named + ", which the release lacks", ofAll: true}
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
		brought.Files = append(brought.Files, location{ID: a.ID, URL: a.BrowserURL})
	}
	for _, f := range files {
		brought.Checksums = append(brought.Checksums, location{ID: f.ID, URL: f.BrowserURL, Name: f.Name})
	}
	release.Ref = brought.String()
	return &release, nil
}
