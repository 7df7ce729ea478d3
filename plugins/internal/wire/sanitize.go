package wire

import (
	"strings"
	"unicode"
)

// maxText is the number of bytes after which Sanitize cuts a text.
const maxText = 32 << 10

// Sanitize makes s valid UTF-8, because the wire carries nothing else. It removes what could control a terminal,
// because a vendor's text is printed there, and cuts what is too long.
func Sanitize(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	return strings.Map(withoutControl, strings.ToValidUTF8(s, "\uFFFD"))
}

// withoutControl removes control characters except newlines and tabs, and characters that change the direction of text.
func withoutControl(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
		return -1
	}
	return r
}

func sanitizeAll(facts map[string]string) map[string]string {
	clean := make(map[string]string, len(facts))
	for key, value := range facts {
		clean[Sanitize(key)] = Sanitize(value)
	}
	return clean
}
