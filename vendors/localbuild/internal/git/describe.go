package git

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// Describe derives the version of a work tree from the newest tag at or before its commit. match maps a tag to its
// version. At an unchanged tag it is the tag's version. Later it is a prerelease, newer than the tag and older than the
// next release: 12 commits after v1.4.0 it is 1.4.1-dev.12+g1a2b3c4, and 12 after v1.5.0-rc.1 it is
// 1.5.0-rc.1.12.dev+g1a2b3c4. Uncommitted changes add ".dirty". It is zero if there is no commit yet.
func Describe(ctx context.Context, g *Repo, match func(tag string) (catalog.Version, bool)) (catalog.Version, error) {
	commit, _, err := g.Head(ctx)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && isUnborn(e) {
			return catalog.Version{}, nil
		}
		return catalog.Version{}, err
	}
	tags, err := g.mergedTags(ctx)
	if err != nil {
		return catalog.Version{}, err
	}
	var newest catalog.Version
	name := ""
	for _, t := range tags {
		if version, ok := match(t); ok && version.Compare(newest) > 0 {
			newest, name = version, t
		}
	}
	since, err := g.commitsSince(ctx, name)
	if err != nil {
		return catalog.Version{}, err
	}
	dirty, err := g.isDirty(ctx)
	if err != nil {
		return catalog.Version{}, err
	}
	if name != "" && since == 0 && !dirty {
		return newest, nil
	}
	return developed(newest, since, commit, dirty)
}

// isUnborn reports whether git failed because there is no commit yet.
func isUnborn(e *Error) bool {
	return strings.Contains(e.Stderr, "does not have any commits yet") ||
		strings.Contains(e.Stderr, "bad revision 'HEAD'") ||
		strings.Contains(e.Stderr, "unknown revision or path")
}

// developed is the version some commits after a release.
func developed(last catalog.Version, commits int, commit string, dirty bool) (catalog.Version, error) {
	text := fmt.Sprintf("0.0.0-dev.%d", commits)
	release, _, _ := strings.Cut(last.String(), "+")
	if core, prerelease, ok := strings.Cut(release, "-"); ok {
		text = fmt.Sprintf("%s-%s.%d.dev", core, prerelease, commits) // a word in place of the number would make it older
	} else if !last.IsZero() {
		text = fmt.Sprintf("%s-dev.%d", nextPatch(core), commits)
	}
	text += "+g" + commit[:7]
	if dirty {
		text += ".dirty"
	}
	return catalog.ParseVersion(text)
}

// nextPatch adds one to the last number of a version.
func nextPatch(core string) string {
	i := strings.LastIndexByte(core, '.')
	last, err := strconv.ParseUint(core[i+1:], 10, 63)
	if err != nil {
		return core
	}
	return fmt.Sprintf("%s%d", core[:i+1], last+1)
}
