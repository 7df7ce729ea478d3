// Package plainjson writes JSON without the escapes that only HTML needs: "<" stays "<" and does not become "\u003c".
//
// It reads nothing: encoding/json does.
package plainjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// Marshal returns the JSON form of v on one line, without a newline at its end.
func Marshal(v any) ([]byte, error) { return MarshalIndent(v, "") }

// MarshalIndent is Marshal with an element or key on each line; an empty indent puts everything on one line.
func MarshalIndent(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	err := NewEncoder(&b, indent).Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// NewEncoder returns an encoder that writes to w, each value followed by a newline.
func NewEncoder(w io.Writer, indent string) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	return encoder
}
