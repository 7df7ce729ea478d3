package provisioner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestDecodeWith_isStrict(t *testing.T) {
	options := struct {
		Repo string `json:"repo"`
		Most int    `json:"most"`
	}{Most: 3}
	require.NoError(t, provisioner.Query{}.DecodeWith(&options))
	require.NoError(t, provisioner.Query{With: []byte(`{"repo":"a/b"}`)}.DecodeWith(&options))
	require.Equal(t, "a/b", options.Repo)
	require.Equal(t, 3, options.Most, "the default")
	for _, bad := range []string{`{"rpeo":"a/b"}`, `{"repo":1}`, `{"repo":"a/b"}{}`, `{`, `[]`} {
		err := provisioner.Query{Config: []byte(bad)}.DecodeConfig(&options)
		require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err), bad)
		require.ErrorContains(t, err, "`config`")
	}
}
