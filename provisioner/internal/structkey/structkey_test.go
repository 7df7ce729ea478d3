package structkey

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

type request struct {
	Name     string
	With     json.RawMessage
	Settings map[string]string
	Callback func()
}

func TestOf_coversEveryFieldButTheExcluded(t *testing.T) {
	base := request{Name: "a", Settings: map[string]string{"x": "1", "y": "2"}}
	key := Of(base, "Callback")
	require.Len(t, key, 32)

	same := base
	same.Callback = func() {}
	require.Equal(t, key, Of(same, "Callback"))

	other := base
	other.Name = "b"
	require.NotEqual(t, key, Of(other, "Callback"))
	other = base
	other.With = json.RawMessage("malformed {")
	require.NotEqual(t, key, Of(other, "Callback"))
	other = base
	other.Settings = map[string]string{"x": "1", "y": "3"}
	require.NotEqual(t, key, Of(other, "Callback"))
}

func TestOf_panicsOnAMistakeInTheProgram(t *testing.T) {
	require.Panics(t, func() { Of(request{}) }, "a function has no JSON form")
	require.Panics(t, func() { Of(request{}, "Callback", "Nmae") }, "an excluded field that does not exist")
}
