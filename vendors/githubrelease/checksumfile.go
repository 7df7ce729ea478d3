package githubrelease

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// parseChecksums reads the lines of a checksum file into found:
//
//	hex  name        also "hex *name", and hex with the algorithm before it, as in sha256:hex
//	SHA256 (name) = hex
//	name: hex        also "name hex"
//	hex              in a sidecar, of its asset
//
// Of a name that is a path the last element counts. Comments are left out; of sums of other algorithms than SHA-256 and
// SHA-512 the name alone is noted. A name with two sums of one algorithm is an error.
func parseChecksums(data []byte, sidecar string, found sums) error {
	lines := bufio.NewScanner(strings.NewReader(decodeText(data)))
	lines.Buffer(nil, 3*maxChecksumFile) // of UTF-16 text, whose letters may become longer
	for lines.Scan() {
		sum, name := splitChecksum(strings.TrimSpace(lines.Text()))
		if sum == "" {
			continue
		}
		if name == "-" || name == "" { // of what came through a pipe
			name = sidecar
		}
		if name == "" {
			continue
		}
		if found[name] == nil {
			found[name] = map[string]catalog.Digest{}
		}
		digest, ok := digestFromHex(sum)
		if !ok {
			continue
		}
		if earlier := found[name][digest.Algorithm()]; earlier != "" && earlier != digest {
			return fmt.Errorf("%q stands there with two checksums", name)
		}
		found[name][digest.Algorithm()] = digest
	}
	return lines.Err()
}

// decodeText removes a byte order mark, and reads UTF-16, which PowerShell writes by default.
func decodeText(data []byte) string {
	var order binary.ByteOrder
	switch text := string(data); {
	case strings.HasPrefix(text, "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(text, "\xfe\xff"):
		order = binary.BigEndian
	default:
		return strings.TrimPrefix(text, "\ufeff")
	}
	var units []uint16
	for rest := data[2:]; len(rest) > 1; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return string(utf16.Decode(units))
}

var (
	taggedChecksum = lazyregexp.New(`(?i)^([a-z]+[-0-9a-z/]*) ?\((.+)\) ?= ?([0-9a-f]+)$`)
	strongTag      = lazyregexp.New(`(?i)^sha-?(2-)?(256|512)$`)
	leadingSum     = lazyregexp.New(`(?i)^\\?(?:sha-?(?:256|512):)?([0-9a-f]{32,128})(?:\s+[* ]?(.*))?$`)
	trailingSum    = lazyregexp.New(`(?i)^(.*\S)\s+(?:sha-?(?:256|512):)?([0-9a-f]{64}|[0-9a-f]{128})$`)
)

const weakSum = "weak" // of an algorithm that is not taken

// splitChecksum finds the sum and the base name in a line; no sum, and the line is none.
func splitChecksum(line string) (sum, name string) {
	if match := taggedChecksum().FindStringSubmatch(line); match != nil {
		if !strongTag().MatchString(match[1]) {
			return weakSum, baseName(match[2])
		}
		return match[3], baseName(match[2])
	}
	if match := leadingSum().FindStringSubmatch(line); match != nil {
		return match[1], baseName(strings.TrimPrefix(strings.TrimSpace(match[2]), "*"))
	}
	if match := trailingSum().FindStringSubmatch(line); match != nil && !strings.HasPrefix(line, "#") {
		return match[2], baseName(strings.TrimSuffix(match[1], ":"))
	}
	return "", ""
}

// baseName is the last element of a path of any system.
func baseName(name string) string {
	return strings.Trim(name[strings.LastIndexAny(name, `/\`)+1:], `"'`)
}

// digestFromHex tells the algorithm from the length.
func digestFromHex(sum string) (catalog.Digest, bool) {
	algorithm := cmp.Or(map[int]string{64: "sha256", 128: "sha512"}[len(sum)], "none")
	digest, err := catalog.ParseDigest(algorithm + ":" + sum)
	return digest, err == nil
}
