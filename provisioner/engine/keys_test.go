package engine

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// fieldsThatChange lists the fields of a struct that change its key when they are set to another value.
func fieldsThatChange[T any](t *testing.T, key func(T) string) (names []string) {
	t.Helper()
	var zero T
	for i := range reflect.TypeFor[T]().NumField() {
		v := zero
		field := reflect.ValueOf(&v).Elem().Field(i)
		switch value := field.Addr().Interface().(type) {
		case *json.RawMessage:
			*value = json.RawMessage(`{"a":1}`)
		case *catalog.Constraint:
			*value = catalog.MustConstraint("~> 1.0")
		case **catalog.Launch:
			*value = &catalog.Launch{Args: []string{"--port"}}
		case *func(provisioner.Event):
			*value = func(provisioner.Event) {}
		default:
			switch field.Kind() {
			case reflect.String:
				field.SetString("other")
			case reflect.Bool:
				field.SetBool(true)
			default:
				require.Failf(t, "give this field a value here", "%s", reflect.TypeFor[T]().Field(i).Name)
			}
		}
		if key(v) != key(zero) {
			names = append(names, reflect.TypeFor[T]().Field(i).Name)
		}
	}
	return names
}

func fieldsOf[T any](except ...string) (names []string) {
	for i := range reflect.TypeFor[T]().NumField() {
		if name := reflect.TypeFor[T]().Field(i).Name; !slices.Contains(except, name) {
			names = append(names, name)
		}
	}
	return names
}

func TestCallKey_coversEveryFieldOfARequest(t *testing.T) {
	changing := fieldsThatChange(t, func(r provisioner.Request) string { return callKey("provision", r) })
	require.Equal(t, fieldsOf[provisioner.Request]("OnEvent"), changing)
}

func TestSourceCacheKey_coversEveryFieldThatChangesWhatASourceAnswers(t *testing.T) {
	op := newOperation(&Provisioner{}, provisioner.Request{Type: catalog.CpuLlm})
	changing := fieldsThatChange(t, op.sourceCacheKey)
	require.Equal(t, fieldsOf[provisioner.Source]("Where", "Contract", "Launch", "Fallback"), changing)
}
