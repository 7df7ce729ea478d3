package assetname

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/rbee-keeper/provision/provisioner"
)

// companions returns the assets that are unpacked beside the main one: those that match the source's patterns; without
// patterns, the archive with CUDA's libraries.
func (m matcher) companions(main assetInfo, patterns []*regexp.Regexp) ([]string, *provisioner.Error) {
	if len(patterns) == 0 {
		return m.cudart(main), nil
	}
	var found []string
	for _, pattern := range patterns {
		hasMatch := false
		for _, info := range m.all {
			if !pattern.MatchString(info.name) {
				continue
			}
			hasMatch = true
			if info.name != main.name && main.agreesWith(info) && !slices.Contains(found, info.name) {
				found = append(found, info.name)
			}
		}
		if !hasMatch {
			return nil, provisioner.Errorf(provisioner.IncompleteRelease, "no asset matches the source's companion %s", pattern).
				WithHint("check the source's `companions`")
		}
	}
	return found, nil
}

// agreesWith reports whether a companion's name does not contradict the main one's: a pattern may match the companions
// of all systems.
func (info assetInfo) agreesWith(companion assetInfo) bool {
	for _, both := range [][2]map[string]bool{{info.os, companion.os}, {info.arch, companion.arch},
		{info.backend, companion.backend}} {
		if len(both[0]) > 0 && len(both[1]) > 0 && joinSet(both[0]) != joinSet(both[1]) && !both[1][anyValue] {
			return false
		}
	}
	return info.backendVersion == "" || companion.backendVersion == "" ||
		sameSeries(info.backendVersion, companion.backendVersion)
}

// sameSeries reports whether one version equals the other or belongs to its series, as 12.4 belongs to 12.
func sameSeries(a, b string) bool { return a == b || isBelow(a, b) || isBelow(b, a) }

func isBelow(version, series string) bool {
	return len(version) > len(series) && version[:len(series)+1] == series+"."
}

// cudart finds the archive with CUDA's libraries for a CUDA build: the same system and the same version of CUDA.
func (m matcher) cudart(main assetInfo) []string {
	if !main.backend["cuda"] || main.backendVersion == "" {
		return nil
	}
	var found []assetInfo
	for _, info := range m.all {
		isArchive := info.words["cudart"] && info.rejectReason == libraryOnly && info.pack != executable &&
			info.backendVersion != ""
		if isArchive && joinSet(info.os) == joinSet(main.os) && joinSet(info.arch) == joinSet(main.arch) &&
			main.agreesWith(info) {
			found = append(found, info)
		}
	}
	if len(found) == 0 {
		return nil
	}
	rank := func(info assetInfo) (rank int) {
		if info.backendVersion != main.backendVersion {
			rank += 2
		}
		if info.level != main.level {
			rank++
		}
		return rank
	}
	slices.SortStableFunc(found, func(a, b assetInfo) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.unknown), len(b.unknown)))
	})
	return []string{found[0].name}
}
