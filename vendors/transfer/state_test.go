package transfer

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/partial"
)

func span(from, to int64) chunk.Span { return chunk.Span{From: from, To: to} }

// spans returns those that the offsets, two for each, describe.
func spans(offsets ...int64) (s []chunk.Span) {
	for pair := range slices.Chunk(offsets, 2) {
		s = append(s, span(pair[0], pair[1]))
	}
	return s
}

func TestGet_fillsTheGapsOfASparseFile(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	sparse := make([]byte, 3000)
	for _, have := range []chunk.Span{span(0, 100), span(1000, 2000), span(2500, 3000)} {
		copy(sparse[have.From:have.To], s.content[have.From:have.To])
	}
	leave(t, req, sparse, partial.State{
		URL: s.URL + "/file", Validator: `"one"`, Total: 4096, Sparse: true,
		Have: []chunk.Span{span(0, 100), span(1000, 2000), span(2500, 3000)},
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

func TestGet_startsOverWithAnImpossibleState(t *testing.T) {
	for name, state := range map[string]partial.State{
		"none":                   {},
		"weak validator":         {Validator: `W/"one"`, Total: 4096},
		"no validator":           {Total: 4096},
		"malformed validator":    {Validator: "\"one\r\nX: y\"", Total: 4096},
		"negative total":         {Validator: `"one"`, Total: -1},
		"less than there is":     {Validator: `"one"`, Total: 1000},
		"more than is wanted":    {Validator: `"one"`, Total: 5000},
		"behind the end":         {Validator: `"one"`, Total: 4096, Sparse: true, Have: spans(0, 2049)},
		"overlapping":            {Validator: `"one"`, Total: 4096, Sparse: true, Have: spans(0, 100, 50, 200)},
		"out of order":           {Validator: `"one"`, Total: 4096, Sparse: true, Have: spans(500, 600, 50, 200)},
		"empty run":              {Validator: `"one"`, Total: 4096, Sparse: true, Have: spans(5, 5)},
		"negative run":           {Validator: `"one"`, Total: 4096, Sparse: true, Have: spans(-5, 5)},
		"sparse of unknown size": {Validator: `"one"`, Sparse: true, Have: spans(0, 5)},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, payloadOf(4096))
			req := s.request(t)
			req.Size = 4096
			state.URL = s.URL + "/file"
			leave(t, req, make([]byte, 2048), state)
			result, err := quick.Get(t.Context(), req)
			require.NoError(t, err)
			require.Zero(t, result.Resumed)
			requireFile(t, req, s.content)
			require.Len(t, s.requests(), 1)
			require.Empty(t, s.requests()[0].Get("Range"))
		})
	}
}

func TestGet_startsOverWithAnUnreadableState(t *testing.T) {
	for _, data := range []string{"", "{", "null", "[]", "\x00\x00", `{"url":1}`, `{"have":[{"from":"x"}]}`} {
		s := serve(t, payloadOf(4096))
		req := s.request(t)
		leave(t, req, make([]byte, 2048), partial.State{})
		require.NoError(t, os.WriteFile(filepath.Join(req.Dir, req.Name+".part.json"), []byte(data), 0o600))
		_, err := quick.Get(t.Context(), req)
		require.NoError(t, err)
		requireFile(t, req, s.content)
	}
}
