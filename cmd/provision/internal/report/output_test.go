package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestOutput_printsJSONWithTheSchemaFirst(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	o := Output{Stdout: &stdout}
	require.NoError(t, o.Print(map[string]string{"text": "<a> & b"}))
	require.Equal(t, "{\n  \"schema\": 1,\n  \"text\": \"<a> & b\"\n}\n", stdout.String())
	require.Error(t, o.Print(func() {}))
}

func TestOutput_leavesOutSectionsWithoutRows(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	o := Output{Stdout: &stdout}
	row := func(n int64) []string { return []string{Bytes(n), YesNo[n > 0]} }
	require.NoError(t, o.Sections(NewSection("SIZE\tSOME", []int64{0, 1500}, row), NewSection("NONE", nil, row),
		NewSection("MORE\tSOME", []int64{1}, row)))
	require.Equal(t, "SIZE    SOME\n0 B     no\n1.5 kB  yes\n\nMORE  SOME\n1 B   yes\n", stdout.String())
}

func TestReporter_holdsBackWhatWasSkippedUntilSomethingFollows(t *testing.T) {
	t.Parallel()
	skipped := provisioner.Event{Action: provisioner.ActionSkip, Vendor: "acme", Message: "away"}
	for want, err := range map[string]error{
		"provision: skipped acme: away\n": nil, "": &provisioner.NoCandidateError{},
	} {
		var stderr bytes.Buffer
		o := Output{Stderr: &stderr}
		reporter := o.NewReporter()
		reporter.Event(skipped)
		require.Empty(t, stderr.String())
		reporter.Close(err)
		require.Equal(t, want, stderr.String())
	}
}

func TestReporter_writesEventsAsLinesOfJSON(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	o := Output{Stderr: &stderr, JSON: true}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o.NewReporter().Event(provisioner.Event{Time: at, Action: provisioner.ActionDone})
	require.Equal(t, `{"schema":1,"time":"2026-01-02T03:04:05Z","action":"done"}`+"\n", stderr.String())
}
