package assetname

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// Criteria describes what an asset is chosen for.
type Criteria struct {
	Worker   catalog.WorkerType // its first word is the backend: cuda-llm wants "cuda"
	Platform catalog.Platform
	Arch     catalog.Arch
	Host     provisioner.Host // an unknown fact never rejects a plain build
	Repo     string           // owner/name; its words are no reason to doubt a name
	Tag      string           // of the release; the same is true of its words
	Binary   string           // the wanted executable; empty for any

	Asset      *regexp.Regexp   // matches the whole name of the asset; nil leaves the choice to the names' words
	Exclude    []*regexp.Regexp // an asset that one of them matches is not taken
	Companions []*regexp.Regexp // match the whole names of further assets; empty leaves them to the names' words
}

// Choice is the outcome of Select. Each name is Main, one of Companions, or in Rejected with the kind and text of the
// reason.
type Choice struct {
	Main       string
	Companions []string // unpacked beside Main, such as the archive of CUDA's libraries
	Rejected   []provisioner.Rejection
	NoWorker   bool // no asset is a worker, for any machine
}

// Select picks the asset that holds the worker, and its companions. Its error is of kind
//
//   - AmbiguousAsset if names alone do not decide,
//   - UnsupportedPlatform if no asset fits,
//   - IncompleteRelease if a companion is missing.
//
// The rejections are returned with the error too.
func Select(names []string, criteria Criteria) (Choice, *provisioner.Error) {
	var c Choice
	m := newMatcher(criteria, names)
	v := newVocabulary(criteria)
	var matched []assetInfo
	for _, name := range names {
		if slices.ContainsFunc(criteria.Exclude, func(re *regexp.Regexp) bool { return re.MatchString(name) }) {
			c.reject(name, provisioner.NotFound, "excluded by the source's `exclude`")
			continue
		}
		info := classify(name, v)
		m.all = append(m.all, info)
		if criteria.Asset != nil && !criteria.Asset.MatchString(name) {
			c.reject(name, provisioner.NotFound, "not matched by the source's `asset`")
			continue
		}
		matched = append(matched, info)
	}
	c.NoWorker = !slices.ContainsFunc(m.all, func(info assetInfo) bool { return m.notWorkerReason(info) == "" })
	main, err := m.pick(matched, criteria.Asset != nil, &c)
	if err == nil {
		c.Main = main.name
		c.Companions, err = m.companions(main, criteria.Companions)
	}
	isUsed := func(r provisioner.Rejection) bool { return slices.Contains(c.Companions, r.Asset) }
	c.Rejected = slices.DeleteFunc(c.Rejected, isUsed)
	return c, err
}

func newMatcher(c Criteria, names []string) matcher {
	return matcher{
		machine: newMachine(c), backend: backendOf(c.Worker), binary: split(strings.ToLower(c.Binary)),
		isDesktop:      slices.ContainsFunc(names, desktopFile().MatchString),
		projectBackend: backendIn(c.Repo, c.Tag),
	}
}

// desktopFile matches the files that desktop applications are published with, to update themselves.
var desktopFile = lazyregexp.New(`(?i)^latest[^/]*\.(ya?ml|json)$|\.blockmap$|\.nupkg$|^releases$`)

func (c *Choice) reject(name string, kind provisioner.Kind, reason string) {
	c.Rejected = append(c.Rejected, provisioner.Rejection{Asset: name, Kind: kind, Reason: reason})
}

// pick finds the best of the matched assets. A single asset that the source names is taken whatever its name means.
func (m matcher) pick(matched []assetInfo, isNamed bool, c *Choice) (assetInfo, *provisioner.Error) {
	if isNamed && len(matched) == 1 {
		return matched[0], nil
	}
	var fitting []match
	for _, info := range matched {
		found, kind, reason := m.match(info)
		if reason != "" {
			c.reject(info.name, kind, reason)
			continue
		}
		fitting = append(fitting, found)
	}
	if len(fitting) == 0 && isNamed && len(matched) > 1 {
		return assetInfo{}, c.tie(matched)
	}
	if len(fitting) == 0 {
		return assetInfo{}, provisioner.Errorf(provisioner.UnsupportedPlatform, "no asset is for %s on %s/%s",
			m.backend, m.os, m.arch).WithHint("if one is, name it by the source's `asset` or `assets`")
	}
	fitting = m.sameProgram(fitting, c)
	slices.SortStableFunc(fitting, match.compare)
	var best []assetInfo
	for _, f := range fitting {
		if f.compare(fitting[0]) == 0 || !slices.Equal(f.unknown, fitting[0].unknown) {
			best = append(best, f.assetInfo)
		} else {
			c.reject(f.name, provisioner.UnsupportedPlatform, whyWorse(f, fitting[0]))
		}
	}
	return m.pickPacking(best, c)
}

func whyWorse(f, best match) string {
	if f.backendVersionRank.oldestFirst && f.backendVersion != best.backendVersion {
		return best.name + " needs an older driver, and this machine's is not known"
	}
	return best.name + " suits better"
}

// sameProgram rejects other programs than the wanted executable, and variants: a variant's name is that of another
// asset plus unknown words. Assets that are left and differ in unknown words may be of any two programs.
func (m matcher) sameProgram(fitting []match, c *Choice) []match {
	isWanted := func(f match) bool { return m.hasBinaryWords(f.assetInfo) }
	hasWanted := slices.ContainsFunc(fitting, isWanted)
	better := func(f match) string {
		for _, g := range fitting {
			if hasWanted && !isWanted(f) && isWanted(g) || isWanted(f) == isWanted(g) && f.isVariantOf(g.assetInfo) {
				return g.name
			}
		}
		return ""
	}
	var left []match
	for _, f := range fitting {
		if name := better(f); name != "" {
			c.reject(f.name, provisioner.UnsupportedPlatform, name+" suits better")
		} else {
			left = append(left, f)
		}
	}
	return left
}

// isVariantOf reports whether the name has all the unknown words of the other's, and more.
func (info assetInfo) isVariantOf(other assetInfo) bool {
	isMissing := func(word string) bool { return !slices.Contains(info.unknown, word) }
	return len(info.unknown) > len(other.unknown) && !slices.ContainsFunc(other.unknown, isMissing)
}

// pickPacking picks among equals: the same build may be packed in several ways; different builds are a tie.
func (m matcher) pickPacking(best []assetInfo, c *Choice) (assetInfo, *provisioner.Error) {
	for _, info := range best[1:] {
		if info.stem != best[0].stem {
			return assetInfo{}, c.tie(best)
		}
	}
	slices.SortStableFunc(best, func(a, b assetInfo) int { return m.packRank(a.pack) - m.packRank(b.pack) })
	for _, info := range best[1:] {
		c.reject(info.name, provisioner.UnsupportedPlatform, "the same as "+best[0].name+", packed in another way")
	}
	return best[0], nil
}

// packRank puts the usual packing of the platform first: zip archives made for macOS often hold an application instead.
func (m matcher) packRank(p packing) int {
	order := []packing{tarball, executable, zipped}
	if m.os == string(catalog.Windows) {
		order = []packing{zipped, executable, tarball}
	}
	return slices.Index(order, p)
}

// tie rejects all of several equal assets. The error names the keys of the source that decide between them.
func (c *Choice) tie(tied []assetInfo) *provisioner.Error {
	var names []string
	for _, info := range tied {
		names = append(names, info.name)
		isOld := func(r provisioner.Rejection) bool { return r.Asset == info.name }
		c.Rejected = slices.DeleteFunc(c.Rejected, isOld)
		c.reject(info.name, provisioner.AmbiguousAsset, "no better and no worse than another asset; see `asset`")
	}
	return provisioner.Errorf(provisioner.AmbiguousAsset, "several assets fit equally: %s", strings.Join(names, ", ")).
		WithHint("set the source's `asset` (or `assets`, by platform) to a pattern of one whole name, or " +
			"`exclude` the others")
}
