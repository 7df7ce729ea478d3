package partial

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
)

func TestValidatorOf_isStrong(t *testing.T) {
	const older, newer = "Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:06 GMT"
	for _, c := range []struct{ etag, modified, date, want string }{
		{`"a"`, older, newer, `"a"`},
		{`W/"a"`, "", newer, ""},
		{`W/"a"`, older, newer, older},
		{"", older, newer, older},
		{"", newer, newer, ""},
		{"", newer, older, ""},
		{"", older, "", older},
		{"a", "", newer, ""},
		{`"`, "", newer, ""},
		{"", "yesterday", newer, ""},
	} {
		h := http.Header{"Etag": {c.etag}, "Last-Modified": {c.modified}, "Date": {c.date}}
		require.Equal(t, c.want, ValidatorOf(h), "%+v", c)
		require.Equal(t, c.want != "", isValidator(c.want))
	}
}

// FuzzParseState checks that only bytes count which can be in the file, each once.
func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"url":"u","validator":"\"one\"","total":100,"scattered":true,`+
		`"have":[{"from":0,"to":5},{"from":7,"to":9}]}`), int64(50))
	f.Add([]byte(`{"validator":"\"one\"","total":100}`), int64(50))
	f.Add([]byte(`{"validator":"\"one\"","scattered":true,"have":[{"from":-1,"to":5}]}`), int64(0))
	f.Add([]byte(`{"have":null}`), int64(1))
	f.Fuzz(func(t *testing.T, data []byte, size int64) {
		s := parseState(data)
		have, ok := s.Spans(max(size, 0))
		if !ok {
			return
		}
		require.True(t, isValidator(s.Validator))
		sum, at := int64(0), int64(0)
		for _, span := range have {
			require.GreaterOrEqual(t, span.From, at)
			require.LessOrEqual(t, span.To, max(size, 0))
			sum, at = sum+span.To-span.From, span.To
		}
		total := max(s.Total, max(size, 0), 1)
		p := chunk.NewPlan(total, 1<<20, have)
		require.Equal(t, sum, p.Progress().Done)
	})
}
