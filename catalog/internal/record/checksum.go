package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
)

// provenance.json ends with a checksum: the SHA-256 of the object as it is without the key of the checksum. It detects
// whether digests and command lines were damaged; it does not detect forgery.
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
func VerifyChecksum(withChecksum []byte) ([]byte, error) {
	withChecksum = bytes.TrimSuffix(withChecksum, []byte("\n"))
	at := len(withChecksum) - len(checksumBegin) - 2*sha256.Size - len(checksumEnd)
	if at < 0 {
		return nil, errChanged
	}
	object := append(bytes.Clone(withChecksum[:at]), objectEnd...)
	if !bytes.Equal(AddChecksum(object), withChecksum) {
		return nil, errChanged
	}
	return object, nil
}

var errChanged = errors.New("it was changed since it was written: its checksum is wrong")
