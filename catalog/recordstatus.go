package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// setStatus returns a record with another status, and the rest byte for byte as it was. The status is spelled like the one that was
// there: a later dialect has it in lower case.
func setStatus(record []byte, status Status) ([]byte, error) {
	start, end, err := valueAt(record, "artifact", "status")
	if err != nil {
		return nil, err
	}
	text, err := status.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if isLowerCase(record[start:end]) {
		state := []byte(`"` + string(status.State) + `"`)
		text = bytes.Replace(text, state, bytes.ToLower(state), 1)
	}
	return splice(record, int64(start), int64(end), string(text)), nil
}

// isLowerCase reports whether the first letter of a status is.
func isLowerCase(status []byte) bool {
	i := bytes.IndexFunc(status, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	return i >= 0 && status[i] >= 'a'
}

// valueAt returns where in a JSON object the value at a path of keys begins and ends. Of a key that comes twice the last counts, as
// where it is read.
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
		return 0, 0, fmt.Errorf("record has no %q", keys[0])
	}
	if len(keys) == 1 {
		return start, end, nil
	}
	from, to, err := valueAt(data[start:end], keys[1:]...)
	return start + from, start + to, err
}
