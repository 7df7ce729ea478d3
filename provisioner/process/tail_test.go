package process

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTail_removesControlSequences(t *testing.T) {
	for printed, want := range map[string]string{
		"plain":                          "plain",
		"\x1b[1;31mred\x1b[0m":           "red",
		"\x1b]0;title\x07text":           "text",
		"\x1b]8;;http://x\x1b\\link":     "link",
		"a\x00b\x07c\x7fd\u009be\u202ef": "abcdef",
		"tab\there  ":                    "tab here",
		"bad \xff byte":                  "bad \uFFFD byte",
		"progress 1%\rprogress 2%\r\n":   "progress 1%|progress 2%",
		"\n\n  \n":                       "",
		strings.Repeat("ä", maxTailLine): strings.Repeat("ä", maxTailLine/2) + "…",
		"\x1bcreset\x1b(B charset\x1b":   "reset charset",
	} {
		var o Tail
		_, err := o.Write([]byte(printed))
		require.NoError(t, err)
		require.Equal(t, want, strings.Join(o.Lines(), "|"), "%q", printed)
	}
}

func TestTail_recordsTheLastWrite(t *testing.T) {
	var o Tail
	require.Zero(t, o.LastWrite())
	began := time.Now()
	fmt.Fprint(&o, ".") // no line yet
	require.False(t, o.LastWrite().Before(began))
}

func TestTail_isBounded(t *testing.T) {
	var o Tail
	for i := range 10_000 {
		fmt.Fprintf(&o, "line %d\n", i)
		require.LessOrEqual(t, len(o.kept), 2*maxKept)
	}
	tail := o.Lines()
	require.Len(t, tail, maxTailLines)
	require.Equal(t, "line 9999", tail[maxTailLines-1])
	fmt.Fprint(&o, strings.Repeat("x", 10*maxKept))
	require.LessOrEqual(t, len(o.kept), 2*maxKept)
	require.Len(t, o.Lines(), 1)
}
