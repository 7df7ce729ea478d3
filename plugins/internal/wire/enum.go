package wire

import (
	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// enumNames maps the values of a kind to those of its enum in vendor.proto. A value that is missing becomes 0, which
// the enum reserves for "unspecified".
type enumNames[K, W comparable] map[K]W

// decode returns the kind that the enum's value stands for. It returns false for an unknown value.
func (names enumNames[K, W]) decode(value W) (kind K, ok bool) {
	for kind, known := range names {
		if known == value {
			return kind, true
		}
	}
	return kind, false
}

var optionKinds = enumNames[provisioner.OptionKind, vendorpb.OptionKind]{
	provisioner.StringOption:     vendorpb.OptionKind_OPTION_KIND_STRING,
	provisioner.PatternOption:    vendorpb.OptionKind_OPTION_KIND_PATTERN,
	provisioner.BoolOption:       vendorpb.OptionKind_OPTION_KIND_BOOL,
	provisioner.IntOption:        vendorpb.OptionKind_OPTION_KIND_INT,
	provisioner.StringsOption:    vendorpb.OptionKind_OPTION_KIND_STRINGS,
	provisioner.MapOption:        vendorpb.OptionKind_OPTION_KIND_MAP,
	provisioner.PatternsOption:   vendorpb.OptionKind_OPTION_KIND_PATTERNS,
	provisioner.PatternMapOption: vendorpb.OptionKind_OPTION_KIND_PATTERN_MAP,
}

var integrities = enumNames[catalog.Integrity, vendorpb.Integrity]{
	catalog.Published: vendorpb.Integrity_INTEGRITY_PUBLISHED,
	catalog.Built:     vendorpb.Integrity_INTEGRITY_BUILT,
	catalog.None:      vendorpb.Integrity_INTEGRITY_NONE,
}

var phases = enumNames[provisioner.Phase, vendorpb.Phase]{
	"":                      vendorpb.Phase_PHASE_UNSPECIFIED,
	provisioner.Downloading: vendorpb.Phase_PHASE_DOWNLOAD,
	provisioner.Building:    vendorpb.Phase_PHASE_BUILD,
}
