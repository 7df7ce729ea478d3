package wire

import "github.com/rbee-keeper/provision/catalog/printable"

// maxText is the number of bytes after which Sanitize cuts a text.
const maxText = 32 << 10

// Sanitize makes s valid UTF-8, because the wire carries nothing else. It removes what could control a terminal,
// because a vendor's text is printed there, and cuts what is too long.
func Sanitize(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	return printable.Text(s)
}

func sanitizeAll(facts map[string]string) map[string]string {
	clean := make(map[string]string, len(facts))
	for key, value := range facts {
		clean[Sanitize(key)] = Sanitize(value)
	}
	return clean
}
