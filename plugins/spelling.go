package plugins

import (
	"strings"
	"unicode"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// spelling pairs the values of a kind with those of its enum on the wire. A value that is missing is spelled 0, which is no
// value of the enum's.
type spelling[K, W comparable] map[K]W

// read is the kind that w spells.
func (s spelling[K, W]) read(w W) (K, bool) {
	for kind, wire := range s {
		if wire == w {
			return kind, true
		}
	}
	var none K
	return none, false
}

var errorKinds = spelling[provisioner.Kind, vendorpb.ErrorKind]{
	provisioner.NotFound:            vendorpb.ErrorKind_ERROR_KIND_NOT_FOUND,
	provisioner.UnsupportedPlatform: vendorpb.ErrorKind_ERROR_KIND_UNSUPPORTED_PLATFORM,
	provisioner.IncompleteRelease:   vendorpb.ErrorKind_ERROR_KIND_INCOMPLETE_RELEASE,
	provisioner.Unreachable:         vendorpb.ErrorKind_ERROR_KIND_UNREACHABLE,
	provisioner.RateLimited:         vendorpb.ErrorKind_ERROR_KIND_RATE_LIMITED,
	provisioner.Unauthorized:        vendorpb.ErrorKind_ERROR_KIND_UNAUTHORIZED,
	provisioner.MissingTool:         vendorpb.ErrorKind_ERROR_KIND_MISSING_TOOL,
	provisioner.BuildFailed:         vendorpb.ErrorKind_ERROR_KIND_BUILD_FAILED,
	provisioner.Unverified:          vendorpb.ErrorKind_ERROR_KIND_UNVERIFIED,
	provisioner.BadPayload:          vendorpb.ErrorKind_ERROR_KIND_BAD_PAYLOAD,
	provisioner.PluginFault:         vendorpb.ErrorKind_ERROR_KIND_PLUGIN_FAULT,
	provisioner.DigestMismatch:      vendorpb.ErrorKind_ERROR_KIND_DIGEST_MISMATCH,
	provisioner.SignatureMismatch:   vendorpb.ErrorKind_ERROR_KIND_SIGNATURE_MISMATCH,
	provisioner.UnsafeArchive:       vendorpb.ErrorKind_ERROR_KIND_UNSAFE_ARCHIVE,
	provisioner.AmbiguousAsset:      vendorpb.ErrorKind_ERROR_KIND_AMBIGUOUS_ASSET,
	provisioner.InvalidConfig:       vendorpb.ErrorKind_ERROR_KIND_INVALID_CONFIG,
	provisioner.Cancelled:           vendorpb.ErrorKind_ERROR_KIND_CANCELLED,
	provisioner.Other:               vendorpb.ErrorKind_ERROR_KIND_OTHER,
}

var optionKinds = spelling[provisioner.OptionKind, vendorpb.OptionKind]{
	provisioner.StringOption:     vendorpb.OptionKind_OPTION_KIND_STRING,
	provisioner.PatternOption:    vendorpb.OptionKind_OPTION_KIND_PATTERN,
	provisioner.BoolOption:       vendorpb.OptionKind_OPTION_KIND_BOOL,
	provisioner.IntOption:        vendorpb.OptionKind_OPTION_KIND_INT,
	provisioner.StringsOption:    vendorpb.OptionKind_OPTION_KIND_STRINGS,
	provisioner.MapOption:        vendorpb.OptionKind_OPTION_KIND_MAP,
	provisioner.PatternsOption:   vendorpb.OptionKind_OPTION_KIND_PATTERNS,
	provisioner.PatternMapOption: vendorpb.OptionKind_OPTION_KIND_PATTERN_MAP,
}

var integrities = spelling[catalog.Integrity, vendorpb.Integrity]{
	catalog.Published: vendorpb.Integrity_INTEGRITY_PUBLISHED,
	catalog.Built:     vendorpb.Integrity_INTEGRITY_BUILT,
	catalog.None:      vendorpb.Integrity_INTEGRITY_NONE,
}

var phases = spelling[provisioner.Phase, vendorpb.Phase]{
	"":                      vendorpb.Phase_PHASE_UNSPECIFIED,
	provisioner.Downloading: vendorpb.Phase_PHASE_DOWNLOAD,
	provisioner.Building:    vendorpb.Phase_PHASE_BUILD,
}

// text makes s fit for the wire, which carries UTF-8 alone, and for a person's terminal, which a vendor must not command.
func text(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	return strings.Map(withoutControl, strings.ToValidUTF8(s, "\uFFFD"))
}

// withoutControl drops what commands a terminal: control characters other than newlines and tabs, and those that turn the direction of
// what is written.
func withoutControl(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
		return -1
	}
	return r
}

func texts(facts map[string]string) map[string]string {
	clean := make(map[string]string, len(facts))
	for key, value := range facts {
		clean[text(key)] = text(value)
	}
	return clean
}
