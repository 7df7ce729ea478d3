package assetname

import (
	"maps"
	"strconv"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// gpus are the words that name graphics processors. None is a plain build, and a build for one runs on few others.
var gpus = map[string]meaning{
	"kepler": {sm: 35, weak: true}, "maxwell": {sm: 52, weak: true}, "k80": {sm: 37}, "m40": {sm: 52, weak: true}, "p40": {sm: 61, weak: true},
	"p100": {sm: 60, weak: true}, "v100": {sm: 70, weak: true}, "pascal": {sm: 60, weak: true}, "volta": {sm: 70, weak: true}, "turing": {sm: 75, weak: true}, "ampere": {sm: 80, weak: true},
	"ada": {sm: 89, weak: true}, "hopper": {sm: 90, weak: true}, "blackwell": {sm: 100}, "t4": {sm: 75, weak: true},
	"a100": {sm: 80}, "a30": {sm: 80, weak: true}, "a10": {sm: 86, weak: true}, "a10g": {sm: 86}, "a40": {sm: 86, weak: true},
	"a6000": {sm: 86}, "l4": {sm: 89, weak: true}, "l40": {sm: 89, weak: true}, "l40s": {sm: 89}, "h100": {sm: 90}, "h200": {sm: 90},
	"a800": {sm: 80}, "l20": {sm: 89, weak: true}, "h20": {sm: 90, weak: true}, "h800": {sm: 90}, "b100": {sm: 100, weak: true},
	"b200": {sm: 100, weak: true}, "b300": {sm: 103, weak: true}, "gb200": {sm: 100, arch: "arm64"}, "gb300": {sm: 103, arch: "arm64"},
	"gh200": {sm: 90, arch: "arm64"}, "gb10": {sm: 121, arch: "arm64"},

	"rdna2": {gfx: "gfx103x"}, "rdna3": {gfx: "gfx110x"}, "rdna4": {gfx: "gfx120x"}, "strixhalo": {gfx: "gfx1151"},
	"mi100": {gfx: "gfx908"}, "mi200": {gfx: "gfx90a"}, "mi210": {gfx: "gfx90a"}, "mi250": {gfx: "gfx90a"}, "mi250x": {gfx: "gfx90a"},
	"mi300": {gfx: "gfx942"}, "mi300a": {gfx: "gfx942"}, "mi300x": {gfx: "gfx942"}, "mi325x": {gfx: "gfx942"},
	"mi350x": {gfx: "gfx950"}, "mi355x": {gfx: "gfx950"},
}

func init() { maps.Copy(words, gpus) }

var (
	smWord  = lazyregexp.New(`^(?:sm|cc|compute)(\d{2,3})[a-z]?$`)
	geForce = lazyregexp.New(`^(?:rtx|gtx)(\d\d|9)(?:\d\d|xx|series)?(?:ti|super)?$|^([2-5]0)(?:xx|series)$`)
	// otherGPU are further GPUs by name. What they need, and whether the machine has it, is not known.
	otherGPU = lazyregexp.New(`^(navi|vega|polaris|[rc]dna|strix)[a-z0-9]*$`)
	intelGPU = lazyregexp.New(`^(a[357]\d0|b[56]\d0)m?$`)
	// apartGPU is one whose number stands apart, as in sm_120 and rtx-4090.
	apartGPU = lazyregexp.New(`(^|[^a-z0-9])(sm|cc|compute|rtx|gtx)[-_]([5-9]\d[a-z]?|1[0-2]\d[a-z]?|\d{4}(?:ti|super)?)($|[^a-z0-9])`)
)

// geForceSM gives the compute capability of a series of GeForce cards.
var geForceSM = map[string]int{"9": 52, "10": 61, "16": 75, "20": 75, "30": 86, "40": 89, "50": 120}

func smMeaning(match []string) meaning {
	sm, _ := strconv.Atoi(match[1])
	return meaning{sm: sm}
}

func geForceMeaning(match []string) meaning {
	sm := geForceSM[match[1]+match[2]]
	if sm == 0 { // such as RTX 6000, of which there are several
		return meaning{backend: "cuda", gfx: match[0]}
	}
	return meaning{backend: "cuda", sm: sm}
}

func otherGPUMeaning(match []string) meaning { return meaning{gfx: match[0], weak: true} }
