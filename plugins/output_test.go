package plugins

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func tailOf(t *testing.T, s string) string {
	t.Helper()
	var tail tail
	for chunk := range strings.SplitSeq(s, "|") {
		_, err := io.WriteString(&tail, chunk)
		require.NoError(t, err)
	}
	return tail.String()
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

func TestTailShowsTheLastLines(t *testing.T) {
	require.Empty(t, tailOf(t, ""))
	require.Equal(t, "one\ntwo", tailOf(t, "o|ne\n\ntw|o"))
	last := tailOf(t, numbered(100_000))
	require.True(t, strings.HasPrefix(last, "line 99980\n"), last)
	require.True(t, strings.HasSuffix(last, "\nline 99999"), last)
	require.LessOrEqual(t, len(tailOf(t, strings.Repeat("x", 1<<20))), maxTail)
}

func TestTailShowsWhatALogEntrySays(t *testing.T) {
	shown := tailOf(t, `{"@level":"warn","@message":"disk is slow"}`+"\n"+`{"a": 1}`+"\n{\n")
	require.Equal(t, "warn: disk is slow\n{\"a\": 1}\n{", shown)
}

func TestTailShowsAPanicFromItsBegin(t *testing.T) {
	shown := tailOf(t, numbered(50)+"panic: boom\n\ngoroutine 7 [running]:\n"+numbered(50))
	require.True(t, strings.HasPrefix(shown, "panic: boom\ngoroutine 7 [running]:\nline 0\n"), shown)
	require.Len(t, strings.Split(shown, "\n"), maxTailLines)
}

func newStdoutReader(s string) *stdoutReader {
	return &stdoutReader{
		ReadCloser: io.NopCloser(iotest.HalfReader(strings.NewReader(s))),
		end:        newEnd(),
		rest:       io.Discard,
	}
}

func TestStdoutYieldsItsFirstLineAlone(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"1|1\n":                   "1|1\n",
		"1|1\nmore\nand\n":        "1|1\n",
		"no end":                  "no end",
		strings.Repeat("x", 9000): strings.Repeat("x", maxHandshake),
	} {
		r := newStdoutReader(in)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		require.Equal(t, want, string(r.line()))
		<-r.reached
	}
}

func FuzzTail(f *testing.F) {
	f.Add("panic: a\nb")
	f.Add(`{"@message":"a"}`)
	f.Fuzz(func(t *testing.T, s string) {
		require.LessOrEqual(t, len(tailOf(t, s)), 3*maxTail)
	})
}
