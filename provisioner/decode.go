package provisioner

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// DecodeConfig reads the vendor's own configuration into target, a pointer to a struct that holds the defaults. A key
// that target lacks is an *Error of kind InvalidConfig.
func (q Query) DecodeConfig(target any) error { return decodeOptions("config", q.Config, target) }

// DecodeWith reads the configuration of the source, as DecodeConfig does.
func (q Query) DecodeWith(target any) error { return decodeOptions("with", q.With, target) }

// decodeOptions reads exactly one JSON object. No bytes at all mean an empty object.
func decodeOptions(key string, data json.RawMessage, target any) error {
	if len(data) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(target)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		return Errorf(InvalidConfig, "read `%s`: %w", key, err)
	}
	return nil
}
