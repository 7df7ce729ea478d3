package provisioner_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestHost_everyFieldIsAFactWithAKeyOfItsOwn(t *testing.T) {
	facts := map[string]string{}
	for _, key := range provisioner.HostKeys() {
		require.NotEmpty(t, key)
		require.NotContains(t, facts, key)
		facts[key] = "value of " + key
	}
	host := provisioner.HostOf(facts)
	value := reflect.ValueOf(host)
	for i := range value.NumField() {
		require.False(t, value.Field(i).IsZero(), value.Type().Field(i).Name)
	}
	require.Equal(t, facts, host.Facts())
	require.Equal(t, provisioner.Host{CPU: "value of cpu", SM: "value of sm"}, host.Only("cpu", "sm"))
}

func TestHostOf_ignoresFactsOfANewerProgram(t *testing.T) {
	require.Equal(t, provisioner.Host{CUDA: "13.0"}, provisioner.HostOf(map[string]string{"cuda": "13.0",
		"quantum": "yes"}))
}
