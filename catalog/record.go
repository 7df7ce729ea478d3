package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/rbee-keeper/provision/catalog/plainjson"
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
	data, err := plainjson.MarshalIndent(record[T]{Artifact: artifact, AddedAt: added.UTC()}, "  ")
	if err == nil && len(data) > maxRecordSize {
		err = fmt.Errorf("record is larger than %d bytes", maxRecordSize)
	}
	return data, err
}

// decodeRecord reads the artifact of a record in any of its dialects, and checks it.
func decodeRecord[T Artifact](data []byte) (T, error) {
	if !isSnakeCase(data) {
		return decodeForeign[T](data, nil)
	}
	var r struct {
		Artifact *T `json:"artifact"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		var none T
		return none, inWords(err)
	}
	if r.Artifact == nil {
		var none T
		return none, errNoArtifact
	}
	return *r.Artifact, validate(*r.Artifact)
}

var errNoArtifact = errors.New("it holds no artifact")

// inWords tells of a value of another kind than a record has there without the names of our types.
func inWords(err error) error {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return err
	case e.Field == "":
		return errors.New("it is not a record")
	default:
		return fmt.Errorf("it is not a record: its %s can't be a JSON %s", e.Field, e.Value)
	}
}

// isSnakeCase reports whether no key of a record has an upper-case letter, as in the original's dialect, so that its keys are
// those of our types. What can't be told is none.
func isSnakeCase(record []byte) bool {
	for i, b := range record {
		if b != ':' {
			continue
		}
		before := bytes.TrimRight(record[:i], " \t\r\n")
		key, isKey := bytes.CutSuffix(before, []byte{'"'})
		if !isKey {
			continue // a colon in a text
		}
		for j := len(key) - 1; j >= 0 && key[j] != '"'; j-- {
			if c := key[j]; c != '_' && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

// unquote reads a JSON string; a plain one, as most are, without the decoder.
func unquote(data []byte) (s string, err error) {
	if n := len(data); n >= 2 && data[0] == '"' && data[n-1] == '"' && !bytes.ContainsFunc(data[1:n-1], isNotPlain) {
		return string(data[1 : n-1]), nil
	}
	err = json.Unmarshal(data, &s)
	return s, err
}

func isNotPlain(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > unicode.MaxASCII }

// recordFields are the artifact's keys in a record, in snake case.
type recordFields map[string]json.RawMessage

// parseRecord reads a record's artifact in any of its dialects. The original writes snake case; later hives write camel case.
// What tells their values apart, the spelling of enums, is for the types of the fields to read.
func parseRecord(data []byte) (recordFields, error) {
	var foreign struct {
		Artifact recordFields `json:"artifact"`
	}
	if err := json.Unmarshal(data, &foreign); err != nil {
		return nil, inWords(err)
	}
	if foreign.Artifact == nil {
		return nil, errNoArtifact
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

// setPath changes the recorded path.
func (f recordFields) setPath(path string) error {
	value, err := plainjson.Marshal(path)
	f["path"] = value
	return err
}

// decodeRecordAt is decodeRecord for an artifact that is at another path than the recorded one.
func decodeRecordAt[T Artifact](data []byte, path string) (T, error) {
	return decodeForeign[T](data, &path)
}

// decodeForeign reads a record by its keys, whatever their case, and puts another path in if there is one.
func decodeForeign[T Artifact](data []byte, path *string) (artifact T, err error) {
	fields, err := parseRecord(data)
	if err != nil {
		return artifact, err
	}
	if path != nil {
		if err := fields.setPath(*path); err != nil {
			return artifact, err
		}
	}
	if data, err = json.Marshal(fields); err != nil {
		return artifact, err
	}
	if err := json.Unmarshal(data, &artifact); err != nil {
		return artifact, inWords(err)
	}
	return artifact, validate(artifact)
}
