package catalog

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// Digest is a checksum as "algorithm:hex", such as "sha256:9f86…": lower case, of the algorithm's full length. The zero
// Digest is none.
type Digest string

var digestAlgorithms = map[string]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New}

// ParseDigest reads "sha256:<64 hex digits>" or "sha512:<128 hex digits>" in any case.
func ParseDigest(s string) (Digest, error) {
	algorithm, digits, ok := strings.Cut(strings.ToLower(strings.TrimSpace(s)), ":")
	newHash := digestAlgorithms[algorithm]
	if !ok || newHash == nil {
		return "", fmt.Errorf("malformed digest %q: want sha256:<hex> or sha512:<hex>", s)
	}
	sum, err := hex.DecodeString(digits)
	if err != nil || len(sum) != newHash().Size() {
		return "", fmt.Errorf("malformed digest %q: want %s:<%d hex digits>", s, algorithm, 2*newHash().Size())
	}
	return Digest(algorithm + ":" + digits), nil
}

// DigestOf is the digest that h, a SHA-256, has summed up.
func DigestOf(h hash.Hash) Digest { return Digest("sha256:" + hex.EncodeToString(h.Sum(nil))) }

// Valid reports whether d is a digest that ParseDigest returns.
func (d Digest) Valid() bool {
	parsed, err := ParseDigest(string(d))
	return err == nil && parsed == d
}

// Algorithm is the part before the colon.
func (d Digest) Algorithm() string {
	algorithm, _, _ := strings.Cut(string(d), ":")
	return algorithm
}

// Hex is the part behind the colon.
func (d Digest) Hex() string {
	_, digits, _ := strings.Cut(string(d), ":")
	return digits
}

// Hash returns a new hash of d's algorithm; d must be Valid.
func (d Digest) Hash() hash.Hash { return digestAlgorithms[d.Algorithm()]() }

// Matches reports whether h, made by Hash, has summed up d.
func (d Digest) Matches(h hash.Hash) bool { return hex.EncodeToString(h.Sum(nil)) == d.Hex() }

// String is the text form.
func (d Digest) String() string { return string(d) }
