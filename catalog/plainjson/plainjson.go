// Package plainjson is encoding/json without the escapes that only HTML needs: "<", ">" and "&" stay as they are, so
// that a person can read a version constraint or an address in a file.
//
// It does not decode, and its output must not be put into a web page.
package plainjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// Marshal is json.Marshal without HTML escapes; there is no newline at the end.
func Marshal(v any) ([]byte, error) { return MarshalIndent(v, "") }

// MarshalIndent is Marshal with each level on a line of its own, indented by indent; an empty indent puts all on one
// line.
func MarshalIndent(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	if err := NewEncoder(&b, indent).Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// NewEncoder returns an encoder to w that indents each level by indent, and ends each value with a newline.
func NewEncoder(w io.Writer, indent string) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc
}
