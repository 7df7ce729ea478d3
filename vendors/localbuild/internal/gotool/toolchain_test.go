package gotool

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGoVersion_readsGOVERSION(t *testing.T) {
	for text, want := range map[string]string{
		"go1.26.8":                       "go1.26.8",
		"go1.26.8 X:nodwarf5":            "go1.26.8",
		"go1.22rc1":                      "go1.22rc1",
		"go1.24.1-custom":                "go1.24.1-custom",
		"devel go1.27-1a2b3c4 Mon Jan 1": "go1.27-1a2b3c4",
		"gccgo (Debian 14.2.0) 14.2.0":   "",
		"":                               "",
	} {
		require.Equal(t, want, goVersion(text), text)
	}
}

func TestCacheSettings_useTheUsersCaches(t *testing.T) {
	users, ours := t.TempDir(), t.TempDir()
	modules := filepath.Join(users, "pkg", "mod")
	tool := Toolchain{settings: map[string]string{"GOCACHE": users, "GOPATH": users, "GOMODCACHE": modules}}
	env, flags := tool.cacheSettings(ours)
	require.Equal(t, []string{"GOCACHE=" + users, "GOPATH=" + users, "GOMODCACHE=" + modules}, env)
	require.Empty(t, flags)
}

func TestCacheSettings_useTheGivenFolderWithoutUserCaches(t *testing.T) {
	ours := t.TempDir()
	tool := Toolchain{settings: map[string]string{"GOCACHE": "off"}}
	env, flags := tool.cacheSettings(ours)
	require.Equal(t, []string{
		"GOCACHE=" + filepath.Join(ours, "go-build"),
		"GOPATH=" + filepath.Join(ours, "go"),
		"GOMODCACHE=" + filepath.Join(ours, "go", "pkg", "mod"),
	}, env)
	require.Equal(t, []string{"-modcacherw"}, flags)
}
