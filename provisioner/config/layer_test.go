package config

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSystemFile_followsThePlatform(t *testing.T) {
	require.Equal(t, "/etc/rbee/provision.yaml", systemFile("linux", ""))
	require.Equal(t, filepath.Join("data", "rbee", "provision.yaml"), systemFile("windows", "data"))
	require.Empty(t, systemFile("windows", ""), "never a path relative to the working folder")
}
