// Package printable makes foreign text safe for a terminal: control characters could move the cursor, hide what was
// written or give the terminal commands.
//
// It does not escape for a shell, for HTML or for JSON, and it does not remove secrets.
package printable

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name returns a name as it is if a terminal shows all of it, and quoted like a Go string otherwise. It is for names of
// files and folders, where dropping characters would name another file.
func Name(s string) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// escape is a terminal's control sequence: CSI, OSC, or a short one (ECMA-48).
var escape = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[ -/]*[0-~])")

// Line removes escape sequences and everything that is not printable, newlines too. A tab becomes a space, and spaces
// at the end are cut. It is for one line of a program's output.
func Line(s string) string {
	s = escape.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	return strings.TrimRight(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		default:
			return -1
		}
	}, s), " ")
}

// Text removes control characters except newlines and tabs, and the characters that turn the direction of writing. It
// is for text of several lines, in any language.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
