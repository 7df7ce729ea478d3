package web

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

// MaxChecksumFile is the greatest size of a checksum file, in bytes.
const MaxChecksumFile = 1 << 20

// Checksums holds the digests of files, by base name and algorithm ("sha256", "sha512"). An empty inner map
// means that the file is listed with unsupported algorithms only (MD5, SHA-1).
type Checksums map[string]map[string]catalog.Digest

// Parse adds the lines of a checksum file:
//
//	hex  name        also "hex *name", and hex after the algorithm, as in sha256:hex
//	SHA256 (name) = hex
//	name: hex        also "name hex"
//	hex              in a file beside the asset; sidecar is the name of the asset then
//
// Only the last element of a path is kept. Comments are ignored. For other algorithms than SHA-256 and SHA-512 only the
// name is kept. Two different digests of one algorithm for one name are an error.
func (c Checksums) Parse(data []byte, sidecar string) error {
	lines := bufio.NewScanner(strings.NewReader(decodeText(data)))
	lines.Buffer(nil, 3*MaxChecksumFile) // UTF-16 text grows as it becomes UTF-8
	for lines.Scan() {
		sum, name := splitChecksum(strings.TrimSpace(lines.Text()))
		if sum == "" {
			continue
		}
		if name == "-" || name == "" { // "-" is stdin; a bare sum has no name
			name = sidecar
		}
		if name == "" {
			continue
		}
		if c[name] == nil {
			c[name] = map[string]catalog.Digest{}
		}
		digest, ok := digestFromHex(sum)
		if !ok {
			continue
		}
		if earlier := c[name][digest.Algorithm()]; earlier != "" && earlier != digest {
			return fmt.Errorf("%q is listed with two different checksums", name)
		}
		c[name][digest.Algorithm()] = digest
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

// weakSum stands for the sum of an unsupported algorithm; digestFromHex rejects it.
const weakSum = "weak"

// splitChecksum finds the sum and the base name in a line. An empty sum means that the line holds none.
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

// baseName returns the last element of a path of any operating system.
func baseName(name string) string {
	return strings.Trim(name[strings.LastIndexAny(name, `/\`)+1:], `"'`)
}

// digestFromHex derives the algorithm from the length.
func digestFromHex(sum string) (catalog.Digest, bool) {
	algorithm := cmp.Or(map[int]string{64: "sha256", 128: "sha512"}[len(sum)], "none")
	digest, err := catalog.ParseDigest(algorithm + ":" + sum)
	return digest, err == nil
}
