package transfer

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGetResumesAPatchworkWhereItHasGaps(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	patchwork := make([]byte, 3000)
	for _, have := range []span{{0, 100}, {1000, 2000}, {2500, 3000}} {
		copy(patchwork[have.From:have.To], s.content[have.From:have.To])
	}
	leave(t, req, patchwork, note{
		URL: s.URL + "/file", Validator: `"one"`, Total: 4096, Scattered: true, Have: []span{{0, 100}, {1000, 2000}, {2500, 3000}},
	})
	requireSettled(t, &req, s.content)
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(1600), result.Resumed)
	requireFile(t, req, s.content)
	var ranges []string
	for _, h := range s.requests() {
		ranges = append(ranges, h.Get("Range"))
	}
	require.Equal(t, []string{"bytes=100-", "bytes=2000-2499", "bytes=3000-4095"}, ranges)
}

func TestGetBeginsAnewWithANoteThatCannotBeTrue(t *testing.T) {
	for name, n := range map[string]note{
		"none":                 {},
		"weak validator":       {Validator: `W/"one"`, Total: 4096},
		"no validator":         {Total: 4096},
		"malformed validator":  {Validator: "\"one\r\nX: y\"", Total: 4096},
		"negative total":       {Validator: `"one"`, Total: -1},
		"less than there is":   {Validator: `"one"`, Total: 1000},
		"more than is wanted":  {Validator: `"one"`, Total: 5000},
		"behind the end":       {Validator: `"one"`, Total: 4096, Scattered: true, Have: []span{{0, 2049}}},
		"overlapping":          {Validator: `"one"`, Total: 4096, Scattered: true, Have: []span{{0, 100}, {50, 200}}},
		"out of order":         {Validator: `"one"`, Total: 4096, Scattered: true, Have: []span{{500, 600}, {50, 200}}},
		"empty run":            {Validator: `"one"`, Total: 4096, Scattered: true, Have: []span{{5, 5}}},
		"negative run":         {Validator: `"one"`, Total: 4096, Scattered: true, Have: []span{{-5, 5}}},
		"patchwork of no size": {Validator: `"one"`, Scattered: true, Have: []span{{0, 5}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, payloadOf(4096))
			req := s.request(t)
			req.Size = 4096
			n.URL = s.URL + "/file"
			leave(t, req, make([]byte, 2048), n)
			result, err := quick.Get(t.Context(), req)
			require.NoError(t, err)
			require.Zero(t, result.Resumed)
			requireFile(t, req, s.content)
			require.Len(t, s.requests(), 1)
			require.Empty(t, s.requests()[0].Get("Range"))
		})
	}
}

func TestGetBeginsAnewWithANoteThatCannotBeRead(t *testing.T) {
	for _, data := range []string{"", "{", "null", "[]", "\x00\x00", `{"url":1}`, `{"have":[{"from":"x"}]}`} {
		s := serve(t, payloadOf(4096))
		req := s.request(t)
		leave(t, req, make([]byte, 2048), note{})
		require.NoError(t, os.WriteFile(filepath.Join(req.Dir, req.Name+".part.json"), []byte(data), 0o600))
		_, err := quick.Get(t.Context(), req)
		require.NoError(t, err)
		requireFile(t, req, s.content)
	}
}

func TestValidatorOfIsStrong(t *testing.T) {
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
		require.Equal(t, c.want, validatorOf(h), "%+v", c)
		require.Equal(t, c.want != "", isValidator(c.want))
	}
}

// FuzzParseNote holds that only bytes count which can be in the file, each once.
func FuzzParseNote(f *testing.F) {
	f.Add([]byte(`{"url":"u","validator":"\"one\"","total":100,"scattered":true,"have":[{"from":0,"to":5},{"from":7,"to":9}]}`), int64(50))
	f.Add([]byte(`{"validator":"\"one\"","total":100}`), int64(50))
	f.Add([]byte(`{"validator":"\"one\"","scattered":true,"have":[{"from":-1,"to":5}]}`), int64(0))
	f.Add([]byte(`{"have":null}`), int64(1))
	f.Fuzz(func(t *testing.T, data []byte, size int64) {
		n := parseNote(data)
		have, ok := n.spans(max(size, 0))
		if !ok {
			return
		}
		require.True(t, isValidator(n.Validator))
		sum, at := int64(0), int64(0)
		for _, s := range have {
			require.GreaterOrEqual(t, s.From, at)
			require.LessOrEqual(t, s.To, max(size, 0))
			sum, at = sum+s.To-s.From, s.To
		}
		total := max(n.Total, max(size, 0), 1)
		p := newPlan(total, 1<<20, have)
		require.Equal(t, sum, p.progress().Done)
	})
}
