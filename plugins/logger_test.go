package plugins

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALogKeepsItsLevelUpToTheHost(t *testing.T) {
	var log bytes.Buffer
	logger := newLogger(&log)
	logger.Debug("left out")
	logger.Warn("the mirror is slow", "seconds", 7, "host", "a b")
	var line map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	require.Equal(t, "warn", line["@level"])
	require.Equal(t, "the mirror is slow", line["@message"])
	require.NotEmpty(t, line["@timestamp"])
	require.Equal(t, `warn: the mirror is slow host="a b" seconds=7`, tailOf(t, log.String()))
}

func TestWhatALoggerWritesIsShownWhenTheVendorFails(t *testing.T) {
	_, err := Launch(t.Context(), command("log and exit"))
	requireFault(t, err, "warn: no licence found days=3")
}
