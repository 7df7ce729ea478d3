package transfer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseContentRange(f *testing.F) {
	for _, s := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes */10", "bytes 9-5/10",
		"bytes -1-5/10", "octets 0-1/2", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseContentRange(s)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, r.last, r.first)
		if r.total >= 0 && r.first >= 0 {
			require.Less(t, r.last, r.total)
		}
	})
}
