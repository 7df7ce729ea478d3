package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALogThatIsReadTakesAllInOrder(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := &logWriter{out: &out, patience: time.Minute}
	for i := range 3 {
		fmt.Fprintln(w, "line", i)
	}
	require.Equal(t, "line 0\nline 1\nline 2\n", out.String())
}

func TestALogThatNobodyReadsHoldsUpNobodyAndTellsOfIt(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	defer reader.Close()
	w := &logWriter{out: writer, patience: time.Millisecond}
	fmt.Fprint(w, "first")
	fmt.Fprint(w, "second")
	buffer := make([]byte, 100)
	n, err := reader.Read(buffer)
	require.NoError(t, err)
	require.Equal(t, "first", string(buffer[:n]))

	<-w.underWay
	w.patience = time.Minute
	go fmt.Fprint(w, "third")
	n, err = reader.Read(buffer)
	require.NoError(t, err)
	require.Equal(t, "\nhive: 6 bytes of the log were dropped: nobody read it\nthird", string(buffer[:n]))
}
