package githubrelease

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// wish is what an asset is chosen for.
type wish struct {
	worker  catalog.WorkerType
	machine machine
	repo    string
	tag     string
	binary  string
	asset   *regexp.Regexp // matches the whole name; nil leaves the choice to the classifier
	exclude []*regexp.Regexp
}

// choice is the outcome of choosing among the names of a release's assets.
type choice struct {
	main       string
	companions []string
	refused    []provisioner.Refusal // of assets, with the reason for each
}

// choose picks the asset that holds the worker, and its companions. Its error is of kind AmbiguousAsset where names alone don't
// decide, or UnsupportedPlatform where no asset fits; the refusals come with it.
func choose(names []string, w wish) (choice, *provisioner.Error) {
	var c choice
	v := newVocabulary(w.repo, w.tag, w.binary)
	j := judge{machine: w.machine, backend: backendOf(string(w.worker))}
	var matched []traits
	for _, name := range names {
		if slices.ContainsFunc(w.exclude, func(re *regexp.Regexp) bool { return re.MatchString(name) }) {
			c.refuse(name, "excluded by the source's `exclude`")
			continue
		}
		t := classify(name, v)
		j.all = append(j.all, t)
		if w.asset != nil && !w.asset.MatchString(name) {
			c.refuse(name, "not matched by the source's `asset`")
			continue
		}
		matched = append(matched, t)
	}
	main, err := j.pick(matched, w.asset != nil, &c)
	if err != nil {
		return c, err
	}
	c.main, c.companions = main.name, companions(main, j.all)
	return c, nil
}

func (c *choice) refuse(name, reason string) {
	c.refused = append(c.refused, provisioner.Refusal{Asset: name, Kind: provisioner.UnsupportedPlatform, Reason: reason})
}

// pick finds the best of the matched assets. Where the source named one, it need not look right.
func (j judge) pick(matched []traits, isNamed bool, c *choice) (traits, *provisioner.Error) {
	if isNamed && len(matched) == 1 {
		return matched[0], nil
	}
	var fits []fit
	for _, t := range matched {
		f, reason := j.fits(t)
		if reason != "" {
			c.refuse(t.name, reason)
			continue
		}
		fits = append(fits, f)
	}
	if len(fits) == 0 && isNamed && len(matched) > 1 {
		return traits{}, ambiguous(matched)
	}
	if len(fits) == 0 {
		return traits{}, provisioner.Errorf(provisioner.UnsupportedPlatform, "no asset is for %s on %s/%s", j.backend, j.os, j.arch).
			WithHint("name the asset by the source's `asset`, if there is one")
	}
	slices.SortStableFunc(fits, fit.compare)
	var best []traits
	for _, f := range fits {
		if f.compare(fits[0]) == 0 {
			best = append(best, f.traits)
		} else {
			c.refuse(f.name, fits[0].name+" suits better")
		}
	}
	return j.settle(best, c)
}

// settle picks among equals: the same build may come packed in several ways, other builds are a tie.
func (j judge) settle(best []traits, c *choice) (traits, *provisioner.Error) {
	for _, t := range best[1:] {
		if t.stem != best[0].stem {
			return traits{}, ambiguous(best)
		}
	}
	slices.SortStableFunc(best, func(a, b traits) int { return j.packRank(a.pack) - j.packRank(b.pack) })
	for _, t := range best[1:] {
		c.refuse(t.name, "the same as "+best[0].name+", packed in another way")
	}
	return best[0], nil
}

// packRank puts what is usual on the platform first: zip archives made for macOS often hold an application instead.
func (j judge) packRank(p packing) int {
	order := []packing{tarball, executable, zipped}
	if j.os == string(catalog.Windows) {
		order = []packing{zipped, executable, tarball}
	}
	return slices.Index(order, p)
}

func ambiguous(tied []traits) *provisioner.Error {
	var names []string
	for _, t := range tied {
		names = append(names, t.name)
	}
	return provisioner.Errorf(provisioner.AmbiguousAsset, "several assets fit equally: %s", strings.Join(names, ", ")).
		WithHint("set the source's `asset` to a pattern that matches the whole name of one, or `exclude` the others")
}

// companions finds the archive with CUDA's libraries for a CUDA build: the same system and the same version of CUDA.
func companions(main traits, all []traits) []string {
	if !main.backend["cuda"] || main.backendAt == "" {
		return nil
	}
	var found []traits
	for _, t := range all {
		isCUDART := t.drop == libraryOnly && strings.HasPrefix(t.stem, "cudart") && t.pack != executable
		if isCUDART && t.backendAt == main.backendAt && listed(t.os) == listed(main.os) && listed(t.arch) == listed(main.arch) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.SortStableFunc(found, func(a, b traits) int { return a.strange - b.strange })
	return []string{found[0].name}
}
