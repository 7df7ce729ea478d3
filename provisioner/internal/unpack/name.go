package unpack

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxElement is the length in bytes of an element of a path that the file systems of all supported platforms allow.
const maxElement = 255

// reserved are the names of devices on Windows. They exist in every folder, with any extension.
var reserved = deviceNames()

func deviceNames() map[string]bool {
	names := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}
	for _, digit := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"} {
		names["COM"+digit], names["LPT"+digit] = true, true
	}
	return names
}

// splitName returns the elements of the name of an entry. It drops elements without a meaning ("./a", "a//b"); the
// name of the root itself has none left. It returns an *UnsafeError for a name that is not a plain path below the root
// on every platform.
func splitName(name string) ([]string, error) {
	if reason := unsafeText(name); reason != "" {
		return nil, &UnsafeError{name, reason}
	}
	var elements []string
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element == "." {
			continue
		}
		if reason := unsafeElement(element); reason != "" {
			return nil, &UnsafeError{name, reason}
		}
		elements = append(elements, element)
	}
	return elements, nil
}

// unsafeText returns what is wrong with the text of a name or of a link's target, or "".
func unsafeText(s string) string {
	switch {
	case s == "":
		return "is empty"
	case !utf8.ValidString(s):
		return "is not in UTF-8"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "has a control character"
	case strings.Contains(s, `\`):
		return "has a backslash"
	case strings.Contains(s, ":"):
		return "has a colon, as drives and streams of Windows have"
	case strings.HasPrefix(s, "/"):
		return "is absolute"
	default:
		return ""
	}
}

// unsafeElement returns what is wrong with an element of a path, or "".
func unsafeElement(element string) string {
	device, _, _ := strings.Cut(element, ".")
	device = strings.ToUpper(strings.TrimRight(device, " "))
	switch {
	case element == "..":
		return "leads upwards"
	case strings.HasSuffix(element, "."), strings.HasSuffix(element, " "):
		return "has an element that ends in a dot or a space, which Windows drops"
	case reserved[device]:
		return "is named like a device of Windows"
	case len(element) > maxElement:
		return "has an element of more than 255 bytes"
	default:
		return ""
	}
}

// checkTarget refuses a symbolic link whose target is outside the tree by its text. node.resolve finds the others.
func checkTarget(entry, name, target string) error {
	if reason := unsafeText(target); reason != "" {
		return &UnsafeError{entry, "is a symbolic link whose target " + reason}
	}
	if joined := path.Join(path.Dir(name), target); joined == ".." || strings.HasPrefix(joined, "../") {
		return &UnsafeError{entry, "is a symbolic link that leads out of the archive"}
	}
	return nil
}

// fold maps all names that some file system considers equal to one text.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }
