package githubrelease

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// wish is what an asset is chosen for.
type wish struct {
	worker     catalog.WorkerType
	machine    machine
	repo       string
	tag        string
	binary     string
	asset      *regexp.Regexp // matches the whole name; nil leaves the choice to the classifier
	exclude    []*regexp.Regexp
	companions []*regexp.Regexp // match the whole names of further assets; none leaves them to the classifier
}

// choice is the outcome of choosing among the names of a release's assets.
type choice struct {
	main       string
	companions []string
	refused    []provisioner.Rejection // of assets, with the reason for each
	isBare     bool                    // not one asset is a worker, for whatever machine
}

// choose picks the asset that holds the worker, and its companions. Its error is of kind AmbiguousAsset where names alone don't
// decide, UnsupportedPlatform where no asset fits, or IncompleteRelease where a companion is missing; the refusals come with it.
func choose(names []string, w wish) (choice, *provisioner.Error) {
	var c choice
	j := newJudge(w, names)
	v := newVocabulary(w.repo, w.tag, w.binary, firstWord(w.worker))
	var matched []traits
	for _, name := range names {
		if slices.ContainsFunc(w.exclude, func(re *regexp.Regexp) bool { return re.MatchString(name) }) {
			c.refuse(name, provisioner.NotFound, "excluded by the source's `exclude`")
			continue
		}
		t := classify(name, v)
		j.all = append(j.all, t)
		if w.asset != nil && !w.asset.MatchString(name) {
			c.refuse(name, provisioner.NotFound, "not matched by the source's `asset`")
			continue
		}
		matched = append(matched, t)
	}
	c.isBare = !slices.ContainsFunc(j.all, func(t traits) bool { return j.isNoWorker(t) == "" })
	main, err := j.pick(matched, w.asset != nil, &c)
	if err == nil {
		c.main = main.name
		c.companions, err = j.companions(main, w.companions)
	}
	isUsed := func(r provisioner.Rejection) bool { return slices.Contains(c.companions, r.Asset) }
	c.refused = slices.DeleteFunc(c.refused, isUsed)
	return c, err
}

func newJudge(w wish, names []string) judge {
	return judge{
		machine: w.machine, backend: backendOf(w.worker), binary: split(strings.ToLower(w.binary)),
		isDesktop: slices.ContainsFunc(names, desktopFile().MatchString), projectBackend: backendIn(w.repo, w.tag),
	}
}

// desktopFile are the files that desktop applications are published with, to update themselves.
var desktopFile = lazyregexp.New(`(?i)^latest[^/]*\.(ya?ml|json)$|\.blockmap$|\.nupkg$|^releases$`)

// backendOf is the backend that a worker type names by its first word: "cuda" of cuda-llm, "rocm" of hip-llm. A word that is not
// known is a backend of its own, so that no type gets what runs on something else.
func firstWord(worker catalog.WorkerType) string {
	first, _, _ := strings.Cut(string(worker), "-")
	return first
}

func (c *choice) refuse(name string, kind provisioner.Kind, reason string) {
	c.refused = append(c.refused, provisioner.Rejection{Asset: name, Kind: kind, Reason: reason})
}

// pick finds the best of the matched assets. Where the source named one, it need not look right.
func (j judge) pick(matched []traits, isNamed bool, c *choice) (traits, *provisioner.Error) {
	if isNamed && len(matched) == 1 {
		return matched[0], nil
	}
	var fits []fit
	for _, t := range matched {
		f, kind, reason := j.fits(t)
		if reason != "" {
			c.refuse(t.name, kind, reason)
			continue
		}
		fits = append(fits, f)
	}
	if len(fits) == 0 && isNamed && len(matched) > 1 {
		return traits{}, c.tie(matched)
	}
	if len(fits) == 0 {
		return traits{}, provisioner.Errorf(provisioner.UnsupportedPlatform, "no asset is for %s on %s/%s", j.backend, j.os, j.arch).
			WithHint("if one is, name it by the source's `asset` or `assets`")
	}
	fits = j.sameProgram(fits, c)
	slices.SortStableFunc(fits, fit.compare)
	var best []traits
	for _, f := range fits {
		if f.compare(fits[0]) == 0 || !slices.Equal(f.strange, fits[0].strange) {
			best = append(best, f.traits)
		} else {
			c.refuse(f.name, provisioner.UnsupportedPlatform, j.whyWorse(f, fits[0]))
		}
	}
	return j.settle(best, c)
}

func (j judge) whyWorse(f, best fit) string {
	if f.backendAtRank.isOldFirst && f.backendAt != best.backendAt {
		return best.name + " asks for an older driver, and nothing is known of this machine's"
	}
	return best.name + " suits better"
}

// sameProgram leaves out what is of another program than the wanted executable's, and what is a variant of another: whose name
// is that of the other with strange words added. What is left and differs in strange words may be of any two programs.
func (j judge) sameProgram(fits []fit, c *choice) []fit {
	isWanted := func(f fit) bool { return j.isWanted(f.traits) }
	hasWanted := slices.ContainsFunc(fits, isWanted)
	better := func(f fit) string {
		for _, g := range fits {
			if hasWanted && !isWanted(f) && isWanted(g) || isWanted(f) == isWanted(g) && f.isVariantOf(g.traits) {
				return g.name
			}
		}
		return ""
	}
	var left []fit
	for _, f := range fits {
		if name := better(f); name != "" {
			c.refuse(f.name, provisioner.UnsupportedPlatform, name+" suits better")
		} else {
			left = append(left, f)
		}
	}
	return left
}

// isVariantOf reports whether t's name has all the strange words of the other's, and more.
func (t traits) isVariantOf(other traits) bool {
	isMissing := func(word string) bool { return !slices.Contains(t.strange, word) }
	return len(t.strange) > len(other.strange) && !slices.ContainsFunc(other.strange, isMissing)
}

// settle picks among equals: the same build may come packed in several ways, other builds are a tie.
func (j judge) settle(best []traits, c *choice) (traits, *provisioner.Error) {
	for _, t := range best[1:] {
		if t.stem != best[0].stem {
			return traits{}, c.tie(best)
		}
	}
	slices.SortStableFunc(best, func(a, b traits) int { return j.packRank(a.pack) - j.packRank(b.pack) })
	for _, t := range best[1:] {
		c.refuse(t.name, provisioner.UnsupportedPlatform, "the same as "+best[0].name+", packed in another way")
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

// tie refuses all of several assets, and tells the keys that end it.
func (c *choice) tie(tied []traits) *provisioner.Error {
	var names []string
	for _, t := range tied {
		names = append(names, t.name)
		isOld := func(r provisioner.Rejection) bool { return r.Asset == t.name }
		c.refused = slices.DeleteFunc(c.refused, isOld)
		c.refuse(t.name, provisioner.AmbiguousAsset, "no better and no worse than another asset; see `asset`")
	}
	return provisioner.Errorf(provisioner.AmbiguousAsset, "several assets fit equally: %s", strings.Join(names, ", ")).
		WithHint("set the source's `asset` (or `assets`, by platform) to a pattern of one whole name, or `exclude` the others")
}
