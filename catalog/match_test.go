package catalog

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// matching lists the IDs that match, newest first.
func matching(t *testing.T, c *WorkerCatalog, m Match) []string {
	t.Helper()
	var ids []string
	for w, err := range c.Matches(m) {
		require.NoError(t, err)
		ids = append(ids, w.ID)
	}
	return ids
}

func versions(t *testing.T, c *WorkerCatalog, m Match) []string {
	t.Helper()
	var versions []string
	for w, err := range c.Matches(m) {
		require.NoError(t, err)
		versions = append(versions, w.Version)
	}
	return versions
}

func TestFind_returnsTheNewestSemanticVersion(t *testing.T) {
	c := newWorkers(t)
	for _, version := range []string{"9.9.9", "10.0.0-rc.2", "10.0.0", "2.0.0", "10.0.0-rc.10"} {
		addWithFile(t, c, worker(c, version))
	}
	w, err := c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, "10.0.0", w.Version)
	require.Equal(t, []string{"10.0.0", "10.0.0-rc.10", "10.0.0-rc.2", "9.9.9", "2.0.0"},
		versions(t, c, Match{Type: CpuLlm}))
	_, err = c.FindByTypeAndPlatform(CudaLlm, Current())
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "cuda-llm")
}

func TestFind_respectsTheConstraint(t *testing.T) {
	c := newWorkers(t)
	for _, version := range []string{"1.2.0", "1.3.0-beta", "1.3.1", "2.0.0"} {
		addWithFile(t, c, worker(c, version))
	}
	for constraint, want := range map[string][]string{
		"~> 1.2":     {"1.3.1", "1.3.0-beta", "1.2.0"},
		"< 1.3":      {"1.2.0"},
		"1.3.0-beta": {"1.3.0-beta"},
		">= 3":       nil,
	} {
		require.Equal(t, want, versions(t, c, Match{Type: CpuLlm, Constraint: MustConstraint(constraint)}), constraint)
	}
}

func TestFind_distinguishesPlatformsAndArchitectures(t *testing.T) {
	c := newWorkers(t)
	for _, id := range []ID{
		{CpuLlm, MustVersion("1.0.0"), Linux, AMD64}, {CpuLlm, MustVersion("1.1.0"), Linux, ARM64},
		{CpuLlm, MustVersion("1.2.0"), MacOS, ARM64}, {CpuLlm, MustVersion("1.3.0"), MacOS, AMD64},
		{CudaLlm, MustVersion("2.0.0"), Linux, AMD64},
	} {
		addWithFile(t, c, workerAs(c, id.String(), id.Type, id.Platform, id.Version.String()))
	}
	for want, m := range map[string]Match{
		"1.0.0": {Type: CpuLlm, Platform: Linux, Arch: AMD64},
		"1.1.0": {Type: CpuLlm, Platform: Linux, Arch: ARM64},
		"1.2.0": {Type: CpuLlm, Platform: MacOS, Arch: ARM64},
		"1.3.0": {Type: CpuLlm, Platform: MacOS, Arch: AMD64},
		"2.0.0": {Type: CudaLlm, Platform: Linux, Arch: AMD64},
	} {
		require.Equal(t, []string{want}, versions(t, c, m))
	}
	require.Empty(t, versions(t, c, Match{Type: CpuLlm, Platform: Windows}))
}

func TestFind_usesTheUsualArchitectureOfAnotherPlatform(t *testing.T) {
	require.Equal(t, CurrentArch(), Match{}.complete().Arch)
	require.Equal(t, Current(), Match{}.complete().Platform)
	for _, p := range []Platform{Linux, MacOS, Windows} {
		if p != Current() {
			require.Equal(t, p.UsualArch(), Match{Platform: p}.complete().Arch)
		}
	}
}

func TestFind_prefersOurEntriesToForeignOnes(t *testing.T) {
	c := newWorkers(t)
	ours := ID{CpuLlm, MustVersion("1.0.0"), Linux, AMD64}.String()
	for id, version := range map[string]string{
		ours: "1.0.0", "a-foreign": "1.0.0", "b-foreign": "1.0.0", "newer": "1.5", "odd": "??",
	} {
		addWithFile(t, c, workerAs(c, id, CpuLlm, Linux, version))
	}
	m := Match{Type: CpuLlm, Platform: Linux, Arch: AMD64}
	require.Equal(t, []string{"newer", ours, "a-foreign", "b-foreign", "odd"}, matching(t, c, m))
	m.Constraint = MustConstraint("~> 1.0")
	require.Equal(t, []string{"newer", ours, "a-foreign", "b-foreign"}, matching(t, c, m))
}

func TestFind_skipsWhatCannotBeStarted(t *testing.T) {
	c := newWorkers(t)
	addWithFile(t, c, worker(c, "1.0.0"))
	require.NoError(t, c.Add(t.Context(), worker(c, "2.0.0"))) // without an executable

	folder := worker(c, "3.0.0")
	require.NoError(t, c.Add(t.Context(), folder))
	require.NoError(t, os.Mkdir(folder.Path, 0o755))

	for version, status := range map[string]Status{
		"4.0.0": {State: Downloading}, "5.0.0": {State: Failed, Error: "disk full"},
	} {
		w := worker(c, version)
		w.Status = status
		addWithFile(t, c, w)
	}
	writeRecord(t, c, worker(c, "6.0.0").ID, "nonsense")
	writeRecord(t, c, "foreign", "nonsense")

	addWithFile(t, c, workerAs(c, worker(c, "7.0.0").ID, CudaLlm, Current(), "7.0.0")) // the record contradicts the ID

	w, err := c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, "1.0.0", w.Version)
}

func TestFind_asksAcceptNewestFirst(t *testing.T) {
	c := newWorkers(t)
	for _, version := range []string{"1.0.0", "2.0.0", "3.0.0"} {
		addWithFile(t, c, worker(c, version))
	}
	var asked []string
	w, err := c.Find(Match{Type: CpuLlm, Accept: func(w WorkerBinary) bool {
		asked = append(asked, w.Version)
		return w.Version == "2.0.0"
	}})
	require.NoError(t, err)
	require.Equal(t, "2.0.0", w.Version)
	require.Equal(t, []string{"3.0.0", "2.0.0"}, asked)
}
