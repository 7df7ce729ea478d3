package githubrelease

import (
	"maps"
	"strconv"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// gpus are the words that name graphics processors. None is a plain build, and a build for one runs on few others.
var gpus = map[string]sense{
	"kepler": {sm: 35, soft: true}, "maxwell": {sm: 52, soft: true}, "k80": {sm: 37}, "m40": {sm: 52, soft: true}, "p40": {sm: 61, soft: true},
	"p100": {sm: 60, soft: true}, "v100": {sm: 70, soft: true}, "pascal": {sm: 60, soft: true}, "volta": {sm: 70, soft: true}, "turing": {sm: 75, soft: true}, "ampere": {sm: 80, soft: true},
	"ada": {sm: 89, soft: true}, "hopper": {sm: 90, soft: true}, "blackwell": {sm: 100}, "t4": {sm: 75, soft: true},
	"a100": {sm: 80}, "a30": {sm: 80, soft: true}, "a10": {sm: 86, soft: true}, "a10g": {sm: 86}, "a40": {sm: 86, soft: true},
	"a6000": {sm: 86}, "l4": {sm: 89, soft: true}, "l40": {sm: 89, soft: true}, "l40s": {sm: 89}, "h100": {sm: 90}, "h200": {sm: 90},
	"a800": {sm: 80}, "l20": {sm: 89, soft: true}, "h20": {sm: 90, soft: true}, "h800": {sm: 90}, "b100": {sm: 100, soft: true},
	"b200": {sm: 100, soft: true}, "b300": {sm: 103, soft: true}, "gb200": {sm: 100, arch: "arm64"}, "gb300": {sm: 103, arch: "arm64"},
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

func smSense(match []string) sense {
	sm, _ := strconv.Atoi(match[1])
	return sense{sm: sm}
}

func geForceSense(match []string) sense {
	sm := geForceSM[match[1]+match[2]]
	if sm == 0 { // such as RTX 6000, of which there are several
		return sense{backend: "cuda", gfx: match[0]}
	}
	return sense{backend: "cuda", sm: sm}
}

func otherGPUSense(match []string) sense { return sense{gfx: match[0], soft: true} }
