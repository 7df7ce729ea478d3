package githubrelease

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
)

// companions are the further assets that are unpacked beside the main one: those that the source names, else the ones that this
// package knows.
func (j judge) companions(main traits, patterns []*regexp.Regexp) ([]string, *provisioner.Error) {
	if len(patterns) == 0 {
		return j.cudart(main), nil
	}
	var found []string
	for _, pattern := range patterns {
		hasMatch := false
		for _, t := range j.all {
			if !pattern.MatchString(t.name) {
				continue
			}
			hasMatch = true
			if t.name != main.name && main.agrees(t) && !slices.Contains(found, t.name) {
				found = append(found, t.name)
			}
		}
		if !hasMatch {
			return nil, provisioner.Errorf(provisioner.IncompleteRelease, "no asset matches the source's companion %s", pattern).
				WithHint("check the source's `companions`")
		}
	}
	return found, nil
}

// agrees reports whether what a companion's name tells does not contradict what t's does: a pattern may match the companions of
// all systems.
func (t traits) agrees(companion traits) bool {
	for _, both := range [][2]map[string]bool{{t.os, companion.os}, {t.arch, companion.arch}, {t.backend, companion.backend}} {
		if len(both[0]) > 0 && len(both[1]) > 0 && listed(both[0]) != listed(both[1]) && !both[1][anyValue] {
			return false
		}
	}
	return t.backendAt == "" || companion.backendAt == "" || sameSeries(t.backendAt, companion.backendAt)
}

// sameSeries reports whether a version is the other or one of its series, as 12.4 is of 12.
func sameSeries(a, b string) bool { return a == b || isBelow(a, b) || isBelow(b, a) }

func isBelow(version, series string) bool {
	return len(version) > len(series) && version[:len(series)+1] == series+"."
}

// cudart finds the archive with CUDA's libraries for a CUDA build: the same system and the same version of CUDA.
func (j judge) cudart(main traits) []string {
	if !main.backend["cuda"] || main.backendAt == "" {
		return nil
	}
	var found []traits
	for _, t := range j.all {
		isArchive := t.words["cudart"] && t.drop == libraryOnly && t.pack != executable && t.backendAt != ""
		if isArchive && listed(t.os) == listed(main.os) && listed(t.arch) == listed(main.arch) && main.agrees(t) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return nil
	}
	rank := func(t traits) (rank int) {
		if t.backendAt != main.backendAt {
			rank += 2
		}
		if t.level != main.level {
			rank++
		}
		return rank
	}
	slices.SortStableFunc(found, func(a, b traits) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.strange), len(b.strange)))
	})
	return []string{found[0].name}
}
