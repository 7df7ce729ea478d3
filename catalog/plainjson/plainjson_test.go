package plainjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog/plainjson"
)

func TestMarshal_leavesHTMLCharactersAlone(t *testing.T) {
	value := map[string]string{"args": "<port> & \"x\""}
	data, err := plainjson.Marshal(value)
	require.NoError(t, err)
	require.Equal(t, `{"args":"<port> & \"x\""}`, string(data))

	data, err = plainjson.MarshalIndent(value, "  ")
	require.NoError(t, err)
	require.Equal(t, "{\n  \"args\": \"<port> & \\\"x\\\"\"\n}", string(data))

	var b strings.Builder
	require.NoError(t, plainjson.NewEncoder(&b, "").Encode("<"))
	require.Equal(t, "\"<\"\n", b.String())
	_, err = plainjson.Marshal(func() {})
	require.Error(t, err)
}
