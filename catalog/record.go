package catalog

import (
	"fmt"
	"time"

	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// RecordFile is the name of the record in an entry's folder.
const RecordFile = "metadata.json"

// validator is what an artifact implements to be checked before it is written and after it is read.
type validator interface{ Validate() error }

func validate[T Artifact](artifact T) error {
	if artifact.ArtifactID() == "" {
		return fmt.Errorf("%w: it is empty", ErrInvalidID)
	}
	if v, ok := any(artifact).(validator); ok {
		return v.Validate()
	}
	return nil
}

// encodeRecord checks an artifact and returns its record.
func encodeRecord[T Artifact](artifact T, added time.Time) ([]byte, error) {
	if err := validate(artifact); err != nil {
		return nil, err
	}
	return record.Encode(artifact, added)
}

// decodeRecord returns the artifact of a record, and checks it.
func decodeRecord[T Artifact](data []byte) (T, error) {
	artifact, err := record.Decode[T](data)
	if err == nil {
		err = validate(artifact)
	}
	return artifact, err
}

// decodeRecordAt is decodeRecord for an artifact that is at another path than the recorded one.
func decodeRecordAt[T Artifact](data []byte, path string) (T, error) {
	artifact, err := record.DecodeAt[T](data, path)
	if err == nil {
		err = validate(artifact)
	}
	return artifact, err
}
