package record

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

// MaxSize is the largest record that is read or written, in bytes.
const MaxSize = 1 << 20

// Encode returns the record of an artifact as the Rust hive writes it: keys in this order, an indent of two spaces,
// times in UTC and no newline at the end.
func Encode(artifact any, added time.Time) ([]byte, error) {
	data, err := plainjson.MarshalIndent(struct {
		Artifact     any        `json:"artifact"`
		AddedAt      time.Time  `json:"added_at"`
		LastAccessed *time.Time `json:"last_accessed"` // null, as the Rust hive writes it at first
	}{Artifact: artifact, AddedAt: added.UTC()}, "  ")
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("record is larger than %d bytes", MaxSize)
	}
	return data, err
}

// Decode reads the artifact of a record in any dialect. The common one, in snake case, is decoded directly; the others
// by their keys, which is slower.
func Decode[T any](data []byte) (T, error) {
	var none T
	if !isSnakeCase(data) {
		return decodeFields[T](data, nil)
	}
	var r struct {
		Artifact *T `json:"artifact"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return none, describe(err)
	}
	if r.Artifact == nil {
		return none, errNoArtifact
	}
	return *r.Artifact, nil
}

// DecodeAt is Decode for an artifact that is at another path than the recorded one.
func DecodeAt[T any](data []byte, path string) (T, error) { return decodeFields[T](data, &path) }

// decodeFields reads a record by its keys, whatever their case, and replaces the path if there is one.
func decodeFields[T any](data []byte, path *string) (artifact T, err error) {
	fields, err := parse(data)
	if err != nil {
		return artifact, err
	}
	if path != nil {
		if fields["path"], err = plainjson.Marshal(*path); err != nil {
			return artifact, err
		}
	}
	if data, err = json.Marshal(fields); err != nil {
		return artifact, err
	}
	if err := json.Unmarshal(data, &artifact); err != nil {
		return artifact, describe(err)
	}
	return artifact, nil
}

var errNoArtifact = errors.New("it contains no artifact")

// describe replaces an error about a value of the wrong kind by one that does not name our types.
func describe(err error) error {
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

// isSnakeCase reports whether no key of a record has an upper-case letter, as in the Rust hive's dialect, so that it
// can be decoded directly. In doubt it returns false.
func isSnakeCase(record []byte) bool {
	for i, b := range record {
		if b != ':' {
			continue
		}
		before := bytes.TrimRight(record[:i], " \t\r\n")
		key, isKey := bytes.CutSuffix(before, []byte{'"'})
		if !isKey {
			continue // a colon within a string
		}
		for j := len(key) - 1; j >= 0 && key[j] != '"'; j-- {
			if c := key[j]; c != '_' && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

// parse reads a record's artifact in any dialect, as its values by their keys in snake case. The types of the values
// read the different spellings of enums.
func parse(data []byte) (map[string]json.RawMessage, error) {
	var record struct {
		Artifact map[string]json.RawMessage `json:"artifact"`
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, describe(err)
	}
	if record.Artifact == nil {
		return nil, errNoArtifact
	}
	fields := make(map[string]json.RawMessage, len(record.Artifact))
	for key, value := range record.Artifact {
		snake := snakeCase(key)
		if _, twice := record.Artifact[snake]; snake == key || !twice {
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

// Unquote reads a JSON string. A plain one, as most are, is read without the decoder.
func Unquote(data []byte) (s string, err error) {
	if n := len(data); n >= 2 && data[0] == '"' && data[n-1] == '"' && !bytes.ContainsFunc(data[1:n-1], isNotPlain) {
		return string(data[1 : n-1]), nil
	}
	err = json.Unmarshal(data, &s)
	return s, err
}

func isNotPlain(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > unicode.MaxASCII }
