package plainjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog/plainjson"
)

func TestMarshal_keepsWhatOnlyHTMLEscapes(t *testing.T) {
	data, err := plainjson.Marshal(map[string]string{"constraint": ">= 1 & < 2"})
	require.NoError(t, err)
	require.Equal(t, `{"constraint":">= 1 & < 2"}`, string(data))
}

func TestMarshalIndent_putsEachMemberOnALine(t *testing.T) {
	data, err := plainjson.MarshalIndent(map[string]int{"a": 1}, "  ")
	require.NoError(t, err)
	require.Equal(t, "{\n  \"a\": 1\n}", string(data))
}

func TestMarshal_returnsTheErrorOfAValueThatJSONCannotHold(t *testing.T) {
	_, err := plainjson.Marshal(func() {})
	require.Error(t, err)
}
