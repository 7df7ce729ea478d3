package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// touchInterval is how old last_accessed must be to be set again.
const touchInterval = time.Hour

// SetLastAccessed returns a record with last_accessed set to now, and everything else byte for byte as it was. It
// returns nil if the recorded time is recent.
func SetLastAccessed(record []byte, now time.Time) ([]byte, error) {
	if !json.Valid(record) { // perhaps another program is just writing it: writing this back would make it last
		return nil, errors.New("record is not valid JSON")
	}
	text := fmt.Sprintf("%q", now.UTC().Format(time.RFC3339Nano))
	start, end, err := valueAt(record, "last_accessed")
	if err == nil {
		var last time.Time
		if json.Unmarshal(record[start:end], &last) == nil && !last.After(now) && now.Sub(last) < touchInterval {
			return nil, nil
		}
		return splice(record, start, end, text), nil
	}
	if !errors.Is(err, errNoKey) {
		return nil, err
	}
	body := bytes.TrimRight(record[:bytes.LastIndexByte(record, '}')], " \t\r\n")
	if bytes.HasSuffix(body, []byte("{")) {
		return nil, errors.New("record is empty")
	}
	return splice(record, len(body), len(body), ",\n  \"last_accessed\": "+text), nil
}

// SetStatus returns a record with another status, and everything else byte for byte as it was. status is its JSON form
// in the Rust hive's spelling, and state the part of it that is spelled like the recorded one: in lower case in the
// latest dialect.
func SetStatus(record, status []byte, state string) ([]byte, error) {
	start, end, err := valueAt(record, "artifact", "status")
	if err != nil {
		return nil, err
	}
	if isLowerCase(record[start:end]) {
		quoted := []byte(`"` + state + `"`)
		status = bytes.Replace(status, quoted, bytes.ToLower(quoted), 1)
	}
	edited := splice(record, start, end, string(status))
	if len(edited) > MaxSize {
		return nil, errors.New("the record would become too large")
	}
	return edited, nil
}

// isLowerCase reports whether the first letter of a status is in lower case.
func isLowerCase(status []byte) bool {
	i := bytes.IndexFunc(status, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	return i >= 0 && status[i] >= 'a'
}

// errNoKey is wrapped in the error of valueAt for a key that does not exist.
var errNoKey = errors.New("the key is missing")

// valueAt returns where the value at a path of keys begins and ends in a JSON object. If a key occurs twice the last
// one counts, as it does for the decoder.
func valueAt(data []byte, keys ...string) (start, end int, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return 0, 0, errors.New("record is not an object")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return 0, 0, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return 0, 0, err
		}
		if key == keys[0] {
			end = int(dec.InputOffset())
			start = end - len(value)
		}
	}
	if end == 0 {
		return 0, 0, fmt.Errorf("record has no %q: %w", keys[0], errNoKey)
	}
	if len(keys) == 1 {
		return start, end, nil
	}
	from, to, err := valueAt(data[start:end], keys[1:]...)
	return start + from, start + to, err
}

// splice replaces a part of data.
func splice(data []byte, start, end int, text string) []byte {
	return bytes.Join([][]byte{data[:start], []byte(text), data[end:]}, nil)
}

// Keys lists the keys of a record in snake case, in alphabetical order. Those of the artifact begin with "artifact.".
func Keys(data []byte) ([]string, error) {
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(data, &outer); err != nil {
		return nil, err
	}
	var keys []string
	for key := range outer {
		if key != "artifact" {
			keys = append(keys, snakeCase(key))
		}
	}
	fields, err := parse(data)
	for key := range fields {
		keys = append(keys, "artifact."+key)
	}
	slices.Sort(keys)
	return keys, err
}
