package assetname

import (
	"strconv"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// The words that name GPUs, by what a build for them needs. Such a build is not a plain one, and runs on few other
// GPUs.
var (
	smWords = map[int]string{
		35: "kepler?", 37: "k80", 52: "m40? maxwell?", 60: "p100? pascal?", 61: "p40?", 70: "v100? volta?",
		75: "t4? turing?", 80: "a100 a30? a800 ampere?", 86: "a10? a10g a40? a6000", 89: "ada? l20? l4? l40? l40s",
		90: "h100 h20? h200 h800 hopper?", 100: "b100? b200? blackwell", 103: "b300?",
	}
	gfxWords = map[string]string{
		"gfx103x": "rdna2", "gfx110x": "rdna3", "gfx1151": "strixhalo", "gfx120x": "rdna4", "gfx908": "mi100",
		"gfx90a": "mi200 mi210 mi250 mi250x", "gfx942": "mi300 mi300a mi300x mi325x", "gfx950": "mi350x mi355x",
	}
)

var (
	smWord  = lazyregexp.New(`^(?:sm|cc|compute)(\d{2,3})[a-z]?$`)
	geForce = lazyregexp.New(`^(?:rtx|gtx)(\d\d|9)(?:\d\d|xx|series)?(?:ti|super)?$|^([2-5]0)(?:xx|series)$`)
	// otherGPU matches further GPUs by name. What a build for them needs is unknown.
	otherGPU = lazyregexp.New(`^(navi|vega|polaris|[rc]dna|strix)[a-z0-9]*$`)
	intelGPU = lazyregexp.New(`^(a[357]\d0|b[56]\d0)m?$`)
	// apartGPU matches a GPU whose number is separated, as in sm_120 and rtx-4090.
	apartGPU = lazyregexp.New(`(^|[^a-z0-9])(sm|cc|compute|rtx|gtx)[-_]` +
		`([5-9]\d[a-z]?|1[0-2]\d[a-z]?|\d{4}(?:ti|super)?)($|[^a-z0-9])`)
)

// geForceSM gives the compute capability of a series of GeForce cards.
var geForceSM = map[string]int{"9": 52, "10": 61, "16": 75, "20": 75, "30": 86, "40": 89, "50": 120}

func smMeaning(match []string) meaning {
	sm, _ := strconv.Atoi(match[1])
	return meaning{sm: sm}
}

func geForceMeaning(match []string) meaning {
	sm := geForceSM[match[1]+match[2]]
	if sm == 0 { // RTX 6000, for example, is the name of several
		return meaning{backend: "cuda", gfx: match[0]}
	}
	return meaning{backend: "cuda", sm: sm}
}

func otherGPUMeaning(match []string) meaning { return meaning{gfx: match[0], weak: true} }
