// Package structkey derives a key from a struct: two values with equal fields have equal keys. Fields are included
// unless they are excluded by name, so a field that is added later changes the key without anyone having to think of
// it.
//
// It does not hash secrets in any way that hides them from a guesser, and its keys are not stable across versions of
// the program: they name what may be forgotten.
package structkey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Of returns the key of a struct, as 32 hexadecimal digits. Every field must be exported and have a JSON form. It
// panics where that is not so, or if an excluded name is not the name of a field: both are mistakes in the program.
func Of(v any, excluded ...string) string {
	value := reflect.ValueOf(v)
	fields := value.Type()
	for _, name := range excluded {
		if _, ok := fields.FieldByName(name); !ok {
			panic(fmt.Sprintf("structkey: %s has no field %q to exclude", fields, name))
		}
	}
	hash := sha256.New()
	for i := range fields.NumField() {
		field := fields.Field(i)
		if slices.Contains(excluded, field.Name) {
			continue
		}
		data, isBytes := value.Field(i).Interface().(json.RawMessage) // which somebody may have filled with malformed JSON
		if !isBytes {
			var err error
			if data, err = json.Marshal(value.Field(i).Interface()); err != nil {
				panic(fmt.Sprintf("structkey: field %s of %s: %v", field.Name, fields, err))
			}
		}
		fmt.Fprintf(hash, "%s %d %s\n", field.Name, len(data), data)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}
