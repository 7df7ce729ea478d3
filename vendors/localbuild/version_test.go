package localbuild

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func versionOf(t *testing.T, options with) string {
	t.Helper()
	options["source"] = "dir"
	release := request(t, query(t, options)).Release
	id := catalog.ID{Type: catalog.CpuLlm, Version: release.Version, Platform: catalog.Linux, Arch: "amd64"}
	require.NoError(t, catalog.ValidateID(id.String()), "it can be the name of a folder")
	return release.Version.String()
}

func TestVersion_ofAWorkTreeFollowsItsTags(t *testing.T) {
	t.Parallel()
	repo := newRepo(t, files{"go.mod": goMod})
	of := func() string { return versionOf(t, with{"dir": repo.dir}) }
	require.Equal(t, "0.0.0-dev", of(), "nothing is committed yet")

	commit := repo.commit(nil)
	require.Equal(t, "0.0.0-dev.1+g"+commit[:7], of(), "there is no tag yet")

	repo.git("tag", "v1.4.0")
	repo.git("tag", "v1.3.0")
	repo.git("tag", "nonsense")
	require.Equal(t, "1.4.0", of())
	writeTo(t, repo.dir, files{"new": ""})
	require.Equal(t, "1.4.1-dev.0+g"+commit[:7]+".dirty", of())

	repo.commit(nil)
	commit = repo.commit(nil)
	require.Equal(t, "1.4.1-dev.2+g"+commit[:7], of())
	between := catalog.MustVersion(of())
	require.Positive(t, between.Compare(catalog.MustVersion("1.4.0")), "newer than the release it comes after")
	require.Negative(t, between.Compare(catalog.MustVersion("1.4.1")), "and older than the next")

	repo.commit(nil, "v1.5.0-rc.1")
	commit = repo.commit(nil)
	require.Equal(t, "1.5.0-rc.1.1.dev+g"+commit[:7], of())
	require.Positive(t, catalog.MustVersion(of()).Compare(catalog.MustVersion("1.5.0-rc.1")))
	require.Negative(t, catalog.MustVersion(of()).Compare(catalog.MustVersion("1.5.0-rc.2")))

	repo.git("tag", "b77")
	require.Equal(t, "77.0.0", versionOf(t, with{"dir": repo.dir, "tag": `b(?P<version>\d+)`}))
}

func TestVersion_comesFromAFile(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, files{
		"VERSION":        "v1.2.3-beta.1\n",
		"Cargo.toml":     "[package]\nname = \"x\"\nrust-version = \"1.70\"\nversion = \"0.3.1\"\n",
		"CMakeLists.txt": "project(worker VERSION 4.5.6)\n",
		"README":         "no version here\n",
	})
	require.Equal(t, "1.2.3-beta.1", versionOf(t, with{"dir": dir, "version_file": "VERSION"}))
	require.Equal(t, "0.3.1", versionOf(t, with{"dir": dir, "version_file": "Cargo.toml"}))
	require.Equal(t, "4.5.6", versionOf(t, with{"dir": dir, "version_file": "CMakeLists.txt",
		"version_pattern": `VERSION (?P<version>[\d.]+)`}))
	for _, file := range []string{"README", "absent"} {
		_, err := New().Resolve(t.Context(), query(t, with{"source": "dir", "dir": dir, "version_file": file}))
		requireKind(t, provisioner.BuildFailed, err)
		require.Contains(t, err.Error(), file)
	}
}

func TestVersion_comesFromACommand(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := writeModule(t, nil)
	options := func(text string) with {
		return with{"dir": dir, "version_command": "'" + self + "'", "env": with{asBuilder: "say " + text}}
	}
	require.Equal(t, "5.6.7", versionOf(t, options("v5.6.7")))
	for _, said := range []string{"nothing of use", ""} {
		o := options(said)
		o["source"] = "dir"
		_, err = New().Resolve(t.Context(), query(t, o))
		requireKind(t, provisioner.BuildFailed, err)
		require.ErrorContains(t, err, "version_command")
	}
	_, err = New().Resolve(t.Context(), query(t, with{"source": "dir", "dir": dir,
		"version_command": "no-such-program --version"}))
	requireKind(t, provisioner.MissingTool, err)
}
