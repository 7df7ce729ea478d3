package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// RecordFile is the name of the record in an entry's folder.
const RecordFile = "metadata.json"

const maxRecordSize = 1 << 20

// record is the content of metadata.json, in the original's order.
type record[T Artifact] struct {
	Artifact     T          `json:"artifact"`
	AddedAt      time.Time  `json:"added_at"`
	LastAccessed *time.Time `json:"last_accessed"`
}

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

// encodeRecord writes a record as the original does: two-space indent and no newline at its end.
func encodeRecord[T Artifact](artifact T, added time.Time) ([]byte, error) {
	if err := validate(artifact); err != nil {
		return nil, err
	}
	data, err := marshalPlain(record[T]{Artifact: artifact, AddedAt: added.UTC()}, "  ")
	if err == nil && len(data) > maxRecordSize {
		err = fmt.Errorf("record is larger than %d bytes", maxRecordSize)
	}
	return data, err
}

// marshalPlain is json.MarshalIndent without the escapes that only HTML needs.
func marshalPlain(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// recordFields are the artifact's keys in a record, in snake case.
type recordFields map[string]json.RawMessage

// parseRecord reads a record's artifact in any of its dialects. The original writes snake case; later hives write camel case.
// What tells their values apart, the spelling of enums, is for the types of the fields to read.
func parseRecord(data []byte) (recordFields, error) {
	var foreign struct {
		Artifact recordFields `json:"artifact"`
	}
	if err := json.Unmarshal(data, &foreign); err != nil {
		return nil, err
	}
	if foreign.Artifact == nil {
		return nil, errors.New("it holds no artifact")
	}
	fields := make(recordFields, len(foreign.Artifact))
	for key, value := range foreign.Artifact {
		snake := snakeCase(key)
		if _, twice := foreign.Artifact[snake]; snake == key || !twice {
			fields[snake] = value
		}
	}
	return fields, nil
}

// snakeCase turns "workerType" into "worker_type".
func snakeCase(key string) string {
	var b strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// path is the recorded path; empty if there is none.
func (f recordFields) path() string {
	var path string
	if json.Unmarshal(f["path"], &path) != nil {
		return ""
	}
	return path
}

// setPath changes the recorded path.
func (f recordFields) setPath(path string) error {
	value, err := marshalPlain(path, "")
	f["path"] = value
	return err
}

// decodeArtifact makes an artifact of its fields, and checks it.
func decodeArtifact[T Artifact](fields recordFields) (T, error) {
	var artifact T
	data, err := json.Marshal(fields)
	if err != nil {
		return artifact, err
	}
	if err := json.Unmarshal(data, &artifact); err != nil {
		return artifact, err
	}
	return artifact, validate(artifact)
}
