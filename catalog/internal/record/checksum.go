package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
)

// provenance.json ends with a checksum: the SHA-256 of everything before it, closed by a brace. It detects damage, not
// forgery: the digests and command lines in the file must be those that were written.
const (
	checksumBegin = ",\n  \"checksum\": \"sha256:"
	checksumEnd   = "\"\n}"
	objectEnd     = "\n}" // how the file ends without a checksum
)

// AddChecksum returns a JSON object, indented by two spaces, with its checksum as the last key.
func AddChecksum(object []byte) []byte {
	sum := sha256.Sum256(object)
	body := bytes.TrimSuffix(object, []byte(objectEnd))
	return fmt.Appendf(bytes.Clone(body), "%s%x%s", checksumBegin, sum, checksumEnd)
}

// VerifyChecksum returns the object without its checksum, or an error unless the checksum is right.
func VerifyChecksum(sealed []byte) ([]byte, error) {
	sealed = bytes.TrimSuffix(sealed, []byte("\n"))
	at := len(sealed) - len(checksumBegin) - 2*sha256.Size - len(checksumEnd)
	if at < 0 {
		return nil, errChanged
	}
	object := append(bytes.Clone(sealed[:at]), objectEnd...)
	if !bytes.Equal(AddChecksum(object), sealed) {
		return nil, errChanged
	}
	return object, nil
}

var errChanged = errors.New("it was changed since it was written: its checksum is wrong")
